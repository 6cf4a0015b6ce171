"""How old launches are when people ask for them, in a model of LL2 and of ``sync --due``.

It decides by ``ll2_mirror.due`` itself, over 120 days with 0.9 launches a day, each with 12 changes
within an hour of its time, and with lists as long as LL2's. The goal is the age of launches when a
question comes, in the mean: questions grow from none two hours before a launch to all at its time,
and fade within an hour after. No plan can have it lower than the bound: all 15 requests of each
hour are for new launches, and spread best. Run it with ``python bench/freshness.py``.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import sqrt
from random import Random
from typing import NamedTuple

from ll2_mirror.due import Task, busy_for, is_near, most_due
from ll2_mirror.ll2.lists import AGES, NEW, SLICES, VIEWS, slice_name

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
START = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = 15  # requests in an hour
DAYS, LAUNCHES, CHANGES = 120, 0.9, 12  # days; launches in a day; changes near each
# The lists of more than one page, as counted on LL2 in 2026.
PAGES = {"agencies": 4, "astronauts": 9, "docking_events": 6, "events": 11, "expeditions": 2}
PAGES |= {"landings": 15, "launchers": 2, "launches": 79, "launches/upcoming": 4, "pads": 3}
PAGES |= {"mission_patches": 11, "spacecraft": 7, "spacecraft_flights": 10, "spacewalks": 5}
PAGES |= {"updates": 163}
EVERY = 2 * MINUTE  # between two runs, as examples/schedule/crontab has it
LAUNCHES_NEW = slice_name("launches", NEW)
LISTS = [name for name, part in SLICES.items() if name not in VIEWS or part.age < 14 * DAY]


def at(seconds: float) -> datetime:
    """A time of the model, which counts seconds."""
    return START + timedelta(seconds=seconds)


def launches(seed: int = 1) -> list[float]:
    """The times of the launches."""
    random = Random(seed)  # noqa: S311  (the same launches each time)
    times = accumulate(random.expovariate(LAUNCHES) * DAY for _ in range(2 * DAYS))
    return [time for time in times if DAY < time < (DAYS - 1) * DAY]


class Run(NamedTuple):
    """What runs of ``sync --due`` do in the model."""

    requests: int
    fetched: list[tuple[float, float]]  # when launches came, and as of when
    oldest: dict[str, float]  # how many times its age each list became old


def run(every: float, times: list[float]) -> Run:
    """Runs ``sync --due`` every so many seconds, until the model ends."""
    random = Random(2)  # noqa: S311
    as_of = {name: -random.random() * AGES[name] for name in LISTS}
    walks, sent, oldest = dict[str, tuple[int, float]](), list[float](), dict.fromkeys(LISTS, 0.0)
    fetched, requests = [(0.0, 0.0)], 0
    for number in range(int(DAYS * DAY / every)):
        now = number * every + random.random() * 3
        sent = [time for time in sent if time > now - HOUR]
        moments = [at(time) for time in times[bisect(times, now - HOUR) :][:9]]
        near_due = [name for name in LISTS if now - as_of[name] > AGES[name] - DAY]
        due = [_task(name, as_of[name], now, moments, every) for name in near_due]
        due.sort(key=lambda task: task.urgency(at(now)))
        tried = set[str]()

        def left(spare: float, sent: list[float] = sent) -> float:
            return LIMIT - round(LIMIT * spare) - len(sent)

        while task := most_due(due, tried, at(now), left):
            name = task.part.name
            tried.add(name)
            done, began = walks.pop(name, (0, now))
            pages = min(PAGES.get(name, 1) - done, int(left(task.spare(at(now)))))
            sent += [now] * pages
            requests += pages
            if done + pages < PAGES.get(name, 1):
                walks[name] = done + pages, began
                continue
            for fresh in (name, LAUNCHES_NEW if name == "launches" else name):
                oldest[fresh] = max(oldest[fresh], (now - as_of[fresh]) / AGES[fresh])
                as_of[fresh] = max(as_of[fresh], began)
            fetched += [(now, began)] if task.part.resource.name == "launches" else []
    return Run(requests, fetched, oldest)


def _task(name: str, as_of: float, now: float, moments: list[datetime], every: float) -> Task:
    """When a list is to be fetched, as ``ll2_mirror.due`` finds it out from a file."""
    near, early = None, max(every, busy_for(moments, at(now)))
    if name == LAUNCHES_NEW:
        early = every
        if is_near(moments, at(now)):
            near = max(AGES[f"{name}:near"], HOUR / LIMIT)
    return Task(SLICES[name], "", AGES[name], at(as_of), None, near, 0.9 * early)


# What people see


def weight(times: list[float], now: float) -> float:
    """How many questions come at a time: 1 at a launch, 0 two hours before and an hour after."""
    since = (now - time for time in times)
    return max(0.0, *(min(1 + away / (2 * HOUR), 1 - away / HOUR) for away in since))


def goal(times: list[float], age: Callable[[float], float]) -> float:
    """The mean age, in minutes, of what is asked."""
    minutes = _asked(times)
    return sum(w * age(now) for now, w in minutes) / sum(w for _, w in minutes) / MINUTE


def bound(times: list[float], limit: int = LIMIT) -> float:
    """The lowest goal that any plan can have, in minutes.

    A request each 1/r minutes makes a mean age of 1/2r. Of the rates with ``limit`` requests in an
    hour, one that is proportional to the root of the weight is best; hours count from where the
    questions before a launch begin.
    """
    blocks, begun = list[list[float]](), -HOUR
    minutes = _asked(times)
    for now, w in minutes:
        if now - begun >= HOUR:
            blocks.append([])
            begun = now
        blocks[-1].append(w)
    best = sum(sum(map(sqrt, block)) ** 2 / (2 * limit) for block in blocks)
    return best / sum(w for _, w in minutes)


def _asked(times: list[float]) -> list[tuple[float, float]]:
    """The minutes in which questions come, each with how many."""
    all_minutes = (MINUTE * (n + 0.5) for n in range(int(DAYS * DAY / MINUTE)))
    near = ((now, bisect(times, now - HOUR)) for now in all_minutes)
    weighed = ((now, weight([*times[place : place + 9], -DAY], now)) for now, place in near)
    return [(now, w) for now, w in weighed if w]


def age_in(fetched: list[tuple[float, float]]) -> Callable[[float], float]:
    """How old launches are at a time, in seconds."""
    came = [now for now, _ in fetched]
    as_of = list(accumulate((began for _, began in fetched), max))
    return lambda now: now - as_of[bisect(came, now) - 1]


def report(every: float, times: list[float], best: float) -> str:
    """One line of the table."""
    done, random = run(every, times), Random(3)  # noqa: S311
    age = age_in(done.fetched)
    changes = [t + random.uniform(-HOUR, HOUR) for t in times for _ in range(CHANGES)]
    as_of = list(accumulate((began for _, began in done.fetched), max))
    seen = [done.fetched[bisect_left(as_of, change)][0] for change in changes]
    behind, total = 0, 0
    pending = sorted(zip(changes, seen, strict=True))
    for t in times:
        here = [pair for pair in pending if pair[0] < t + HOUR and pair[1] > t - HOUR]
        for minute in range(-60, 60):
            now = t + MINUTE * (minute + 0.5)
            behind += any(change <= now < shown for change, shown in here)
            total += 1
    at_launch = _median_and_95th([age(t) for t in times])
    shown = _median_and_95th([then - change for change, then in pending])
    reached = goal(times, age)
    name, oldest = max(done.oldest.items(), key=lambda item: item[1] * (item[0] != LAUNCHES_NEW))
    return (
        f"{every / MINUTE:5.0f} {done.requests / DAYS / 24:4.1f} {at_launch:>10} {shown:>10}"
        f" {behind / total:6.0%} {reached:7.1f} {reached / best:5.2f}   {oldest:.2f} {name}"
    )


def _median_and_95th(seconds: list[float]) -> str:
    minutes = sorted(each / MINUTE for each in seconds)
    return f"{minutes[len(minutes) // 2]:.0f} / {minutes[int(0.95 * len(minutes))]:.0f}"


HEAD = f"""\
minutes between two runs; requests an hour; minutes: the age at T-0 and until a change within an
hour of T-0 is seen, median and 95th percentile; of these two hours, how long the file is behind;
the goal in minutes, and as a multiple of the bound; how many times its age the latest of the other
lists becomes old
{"every":>5} {"/h":>4} {"T-0":>10} {"seen":>10} {"behind":>6} {"goal":>7} {"ratio":>5}"""


def main() -> None:
    """Prints the table."""
    times = launches()
    best = bound(times)
    lines = (report(every, times, best) for every in (10 * MINUTE, 5 * MINUTE, EVERY))
    for line in (HEAD, *lines, f"bound for {LIMIT} requests an hour: {best:.2f} minutes"):
        print(line, flush=True)  # noqa: T201  (a script)


if __name__ == "__main__":
    main()
