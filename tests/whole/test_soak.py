"""Whatever happens in whatever order, for however long: the mirror follows LL2."""

from __future__ import annotations

import json
import math
import os
import signal
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID

import freshness
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from editable_ll2 import EditableLL2
from helpers import START, TestClock, command, equals, execute, ll2_time, public_rows, published
from ll2_mirror.clock import from_iso
from ll2_mirror.extract.upstream import MAX_PROBES
from ll2_mirror.ll2.lists import SLICES, SOURCES, slices
from ll2_mirror.load.publish import MISSING
from ll2_mirror.testing.fake_ll2 import answering

COUNTED = 15
BAD = 5  # a name that isn't understood
places = st.integers(0, 1000)  # where in the list, in thousandths
kinds = st.sampled_from(
    ["append", "insert", "delete", "delete", "rename", "agency", "swap", "slip", "return", "spoil"]
)
edits = st.tuples(kinds, places)
moments = st.integers(1, 5)
faults = st.sampled_from(["500", "503", "html", "close", "cut", "429 30", "429 1800", "404"])


class Model:
    """A world with a file that mirrors it, and what the file must hold."""

    def __init__(self, db: Path, world: EditableLL2) -> None:
        self.db = db
        self.world = world
        self.known = {}  # the name of each record ever published, as it was last
        self.held = {}  # what is published
        self.missing = set()  # published, not listed any more, not confirmed gone
        self.began = 0  # the first of the world's moments that the walk under way can have seen
        self.number = 0
        self.deleted = []

    def edit(self, kind: str, place: int) -> None:
        """One edit, or two at once that leave the number of records as it is."""
        world, ids = self.world, self.world.ids
        at = ids[len(ids) * place // 1001] if ids else None
        self.number += 1
        if kind == "append":
            world.append()
        elif kind == "insert" and ids:
            world.insert(next(n for n in range(at + 1, at + 10**6) if n not in ids))
        elif kind == "delete" and ids:
            self.deleted.append(at)
            world.delete(at)
        elif kind == "rename" and ids:
            world.change(at, name=f"Name {self.number}")
        elif kind == "agency":
            world.rename_agency(f"Agency {self.number}")
        elif kind == "swap" and ids:  # one goes, one comes before it
            world.delete(at)
            world.insert(next(n for n in range(at // 2, at + 10**6) if n not in ids))
        elif kind == "slip" and ids:  # one goes, one comes at the end
            world.delete(at)
            world.insert(max(ids) + 10)
        elif kind == "spoil" and ids and not self._spoilt():
            world.change(at, name=BAD)
        elif kind == "return" and self.deleted and self.deleted[-1] not in ids:
            world.insert(self.deleted.pop())

    def sync(self, *options):
        """A sync, and what must hold whatever came of it."""
        before = public_rows(self.db) if self.db.exists() else {}
        if not self._under_way():
            self.began = len(self.world.moments) - 1
        done = command(
            self.world.clock, "sync", self.db, "--base-url", self.world.base_url, "--json", *options
        )
        self.world.forget_plan()
        assert done.code in (0, 65, 69, 75), done.err
        assert done.err.rstrip("\n").rpartition("\n")[2].startswith("ll2-mirror: ") or not done.code
        assert done.json["complete"] or done.code
        if not done.json["complete"]:
            after = public_rows(self.db)
            assert after == before or (not before and not any(after.values()))
            assert published(self.db) == self.held
            if "--allow-shrink" in done.err:
                assert self._too_many()
        else:
            assert (done.code == 65) is bool(done.json["quarantined"])
            self._completed(done.json)
        return done

    def _spoilt(self):
        """The records that can't be understood now; there is one at most."""
        return [id_ for id_, name in self.world.listed.items() if name == BAD]

    def _understood(self, moment):
        """What is published of a moment's records: of one that is spoilt, what was before."""
        understood = {}
        for id_, name in moment.items():
            if name != BAD:
                understood[id_] = name
            elif id_ in self.held:
                understood[id_] = self.held[id_]
        return understood

    def _under_way(self) -> bool:
        if not self.db.exists():
            return False
        staged = "SELECT count(*) FROM _staged JOIN _walks ON _walks.id = walk WHERE NOT published"
        return execute(self.db, staged) != [(0,)]

    def _too_many(self) -> bool:
        """Whether a list lacked so many records that it can't be believed."""
        gone = min(
            len(self.held.keys() - moment.keys()) for moment in self.world.moments[self.began :]
        )
        most = max(
            len(self.held.keys() - moment.keys()) for moment in self.world.moments[self.began :]
        )
        return most > 20 and gone + 20 > 0.1 * len(self.held)

    def _completed(self, report) -> None:
        found = published(self.db)
        seen = [self._understood(moment) for moment in self.world.moments[self.began :]]
        held = "SELECT id FROM _quarantine WHERE reason = ?"
        missing = {id_ for (id_,) in execute(self.db, held, MISSING)}
        assert report["missing"] == len(missing)
        assert missing <= self.held.keys()
        lacking = self.held.keys() - seen[0].keys()  # of which a sync asks about a few
        assert not missing & self.missing or len(seen) > 1 or len(lacking) > MAX_PROBES
        for id_ in missing:
            assert found.pop(id_) == self.held[id_]
        if len(seen) == 1:
            assert found == seen[0]
        else:
            self._as_at_some_moment(found, seen, missing)
        names = dict(found) | {id_: self.held[id_] for id_ in missing}
        self.known |= names
        self.held, self.missing = names, missing
        tombs = dict(execute(self.db, "SELECT id, body FROM _tombstones"))
        assert tombs.keys() == self.known.keys() - names.keys()
        for id_, body in tombs.items():
            assert json.loads(body)["name"] == self.known[id_]

    def _as_at_some_moment(self, found, seen, missing) -> None:
        """The list moved during the walk: what is published need not be of one moment."""
        for id_, name in found.items():
            assert any(moment.get(id_) == name for moment in seen), (id_, name)
        always = set.intersection(*(set(moment) for moment in seen))
        came = any(new.keys() - old.keys() for old, new in pairwise(seen))
        went = any(old.keys() - new.keys() for old, new in pairwise(seen))
        skipped = always - found.keys() - missing
        if came and went:  # a record that the file never held may slip by at an equal count
            skipped &= self.held.keys()
        assert not skipped

    def mend(self) -> None:
        """What was spoilt is understood again."""
        for id_ in self._spoilt():
            self.world.change(id_, name=f"Mended {id_}")

    def settle(self) -> None:
        """With nothing in its way, a sync makes the file a true mirror."""
        self.mend()
        self.world.clock.move(3601)
        done = self.sync("--stale-after", "0s")
        if done.code and "--allow-shrink" in done.err:
            done = self.sync("--allow-shrink")
        assert done.code == 0, done.err
        for _ in range(len(self.missing)):  # each walk decides about one at least
            if self.missing:
                self.world.clock.move(3601)
                assert self.sync("--stale-after", "0s").code == 0
        assert not self.missing
        assert equals(self.db, self.world)


class Mirror(RuleBasedStateMachine):
    """Syncs, cuts, faults and edits in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.model: Model

    @initialize(
        count=st.sampled_from([0, 1, 60, 99, 100, 101, 199, 200, 205]),
        limit=st.sampled_from([None, None, COUNTED]),
    )
    def begin(self, count, limit):
        folder = self.open.enter_context(TemporaryDirectory())
        world = self.open.enter_context(answering(EditableLL2(count, TestClock(START), limit)))
        self.model = Model(Path(folder, "mirror.db"), world)

    def teardown(self):
        if hasattr(self, "model"):
            self.model.settle()
        self.open.close()

    @rule(edit=edits)
    def upstream_changes(self, edit):
        self.model.edit(*edit)

    @rule(some=st.lists(edits, min_size=2, max_size=8))
    def upstream_changes_a_lot(self, some):
        for edit in some:
            self.model.edit(*edit)

    @rule()
    def sync(self):
        done = self.model.sync()
        stopped = "limit" in done.err  # also where a 429 said to wait
        assert done.json["complete"] or stopped or "--allow-shrink" in done.err, done.err

    @rule(pieces=st.integers(1, 3))
    def cut_sync(self, pieces):
        self.model.sync("--max-requests", pieces)

    @rule(planned=st.lists(st.tuples(moments, edits), min_size=1, max_size=3))
    def upstream_changes_during_a_sync(self, planned):
        for k, edit in planned:
            self.model.world.at(k, lambda edit=edit: self.model.edit(*edit))
        self.model.sync()

    @rule(planned=st.lists(st.tuples(moments, edits), max_size=2), pieces=st.integers(1, 3))
    def upstream_changes_during_a_cut_sync(self, planned, pieces):
        for k, edit in planned:
            self.model.world.at(k, lambda edit=edit: self.model.edit(*edit))
        self.model.sync("--max-requests", pieces)

    @rule(fault=faults, first=moments, times=st.sampled_from([1, 1, 2, 4, 30]), edit=edits)
    def sync_with_faults(self, fault, first, times, edit):
        for k in range(first, first + times):
            self.model.world.at(k, fault)
        if times == 2:
            self.model.world.at(first + 1, lambda: self.model.edit(*edit))
        self.model.sync()

    @rule()
    def sync_that_may_shrink(self):
        self.model.sync("--allow-shrink")

    @rule(seconds=st.sampled_from([1, 60, 1799, 3601, 7200, 86399, 86401, 10**6]))
    def time_goes_by(self, seconds):
        self.model.world.clock.move(seconds)

    @precondition(lambda self: self.model.world.limit)
    @rule(count=st.integers(1, COUNTED))
    def others_ask(self, count):
        self.model.world.others(count)

    @rule()
    def undisturbed(self):
        self.model.settle()

    @invariant()
    def verify_agrees(self):
        if hasattr(self, "model") and self.model.db.exists():
            verdict = command(self.model.world.clock, "verify", self.model.db)
            assert verdict.code == 0, verdict.out + verdict.err


QUICK = settings(
    max_examples=3,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # shrinking takes minutes
    derandomize=True,
)


def test_any_order_of_events_keeps_the_mirror_true():
    run_state_machine_as_test(Mirror, settings=QUICK)


@pytest.mark.soak
def test_any_order_of_events_keeps_the_mirror_true_at_length():
    much = settings(
        QUICK,
        max_examples=150,
        stateful_step_count=40,
    )
    run_state_machine_as_test(Mirror, settings=much)


# A cron job


def most_in_an_hour(requests):
    """The most counted requests that were made within any hour."""
    times = [one.at for one in requests if one.counted]
    first = most = 0
    for last, at in enumerate(times):
        while at - times[first] >= timedelta(hours=1):
            first += 1
        most = max(most, last - first + 1)
    return most


def happens(model, random):
    """What may go on in the hour before a sync, and during it."""
    world = model.world
    choices = ["append", "insert", "delete", "rename", "rename", "agency", "swap", "slip"]
    balance = "delete" if len(world.ids) > 255 else "append"

    def edit():
        kind = random.choice([*choices, balance])
        model.edit(kind, random.randint(0, 1000))

    if random.random() < 0.02:
        model.edit("spoil", random.randint(0, 1000))
    elif random.random() < 0.2:
        model.mend()
    for _ in range(random.choice([0, 0, 0, 1, 1, 2, 5])):
        edit()
    if random.random() < 0.05:
        world.at(random.randint(1, 4), edit)
    if random.random() < 0.10:
        fault = random.choice(["500", "503", "html", "close", "cut", "429 30", "429 900"])
        first = random.randint(1, 4)
        for k in range(first, first + random.choice([1, 1, 2, 3, 40])):
            world.at(k, fault)
    if random.random() < 0.25:
        world.others(random.randint(1, COUNTED))


def years(db, hours, seed):
    """So many hourly syncs; the file and the world at the end."""
    random, clock = Random(seed), TestClock(START)
    start = clock.time
    codes = []
    with answering(EditableLL2(250, clock, limit=COUNTED)) as world:
        model = Model(db, world)
        for hour in range(hours):
            clock.time = max(clock.time, start + timedelta(hours=hour, minutes=random.random()))
            happens(model, random)
            done = model.sync()
            codes.append(done.code)
            if done.code and "--allow-shrink" in done.err:
                codes.append(model.sync("--allow-shrink").code)
            if hour % 24 == 23:
                assert command(clock, "verify", db).code == 0
            del world.moments[: model.began - 1 if model.began else 0]
            model.began = min(model.began, 1)
        assert most_in_an_hour(world.requests) <= COUNTED
        sane(model, codes)
    return codes


def sane(model, codes):
    """What a file must be like after a long time of it."""
    db, world, clock = model.db, model.world, model.world.clock
    assert codes.count(0) > 0.7 * len(codes)
    assert {75} <= set(codes) <= {0, 65, 69, 75}
    model.settle()
    status = command(clock, "status", db, "--json").json
    [held] = status["resources"]
    assert held["records"] == len(world.ids)
    assert held["age_seconds"] < 60
    assert held["tombstones"] == len(model.known.keys() - model.held.keys())
    assert (status["under_way"], status["quarantine"], status["last_error"]) == ([], [], None)
    assert 0 <= status["budget"]["left"] <= status["budget"]["limit"] == COUNTED
    assert command(clock, "status", db, "--max-age", "1h").code == 0
    week = execute(db, "SELECT count(*), min(sent) FROM _requests")[0]
    assert week[0] <= 7 * 24 * 2 * (COUNTED + 2)
    assert execute(db, "SELECT count(*) FROM _walks") == [(1,)]
    fresh = db.with_name("fresh.db")
    clock.move(3601)
    assert command(clock, "sync", fresh, "--base-url", world.base_url).code == 0
    assert public_rows(fresh) == public_rows(db)
    # What grows is the history, some hundred bytes an entry. For the last state of a record that
    # is gone, kept there and as its tombstone, SQLite may take a page more each.
    told = "SELECT (SELECT count(*) FROM _history) + (SELECT count(*) FROM _runs)"
    [(entries,)] = execute(db, told)
    gone = "SELECT (SELECT count(*) FROM _history WHERE kind = 'gone') + count(*) FROM _tombstones"
    [(states,)] = execute(db, gone)
    allowed = 3 * fresh.stat().st_size + 500 * entries + 6000 * states + 400 * week[0]
    assert db.stat().st_size <= allowed


def test_a_day_of_hourly_syncs(tmp_path):
    years(tmp_path / "cron.db", 24, "two days")


@pytest.mark.soak
def test_a_year_of_hourly_syncs(tmp_path):
    years(tmp_path / "cron.db", 365 * 24, "a year")


# A cron job every ten minutes, for all lists


# Some lists are to be fresher than by themselves, so that there is more to do in a few days; and an
# outage, with the time until what failed is tried again, and another mishap then, is no longer than
# half the shortest age.
AGES = {"launches/upcoming": 3, "spacecraft": 12, "agencies": 6, "config/orbits": 24, "pads": 24}
AGES |= {"launches": 48, "launches/new": 12, "updates/new": 6, "docking_events": 72}  # hours
FEW = ["launches/upcoming", "launches", "launches/new", "spacecraft", "agencies"]
OUTAGE = 30  # minutes at most, and an hour apart


class Library(EditableLL2):
    """450 spacecraft, 130 launches, a day apart, and what is bundled of all other lists."""

    def __init__(self, clock):
        super().__init__(450, clock, limit=COUNTED)
        self.add_lists()
        launch = self.records["launches", "normal"][0]
        launch |= {"mission": None, "program": []}  # small, for speed
        made = [self._launch(launch, n, clock.time) for n in range(130)]
        self.records["launches", "normal"] = self.launches = made
        del self.records["launches", "detailed"]

    def _launch(self, like, n, now):
        id_ = str(UUID(int=Random(n).getrandbits(128)))
        net, updated = ll2_time(now + timedelta(days=n - 90)), ll2_time(now - timedelta(days=9))
        return {**like, "id": id_, "net": net, "last_updated": updated, "name": f"Launch {n}"}

    def renew(self, random):
        """A launch changes, and says so."""
        launch = random.choice(self.launches)
        launch |= {"name": f"Name {random.random()}", "last_updated": ll2_time(self.clock.now())}


def trouble(world, random):
    """What may go on before and during a run: edits, faults, people, and what ends it."""
    chance = random.random()
    if chance < 0.30:
        world.change(random.choice(world.ids), name=f"Name {random.random()}")
    if chance < 0.10:
        world.append()
        world.renew(random)
    if 0.10 < chance < 0.20:
        world.at(random.randint(1, 3), lambda: world.delete(random.choice(world.ids)))
    if 0.20 < chance < 0.25:
        world.at(random.randint(1, 3), random.choice(["500", "html", "close", "cut", "429 30"]))
    if 0.25 < chance < 0.28:
        world.others(random.randint(1, 3))
    if 0.28 < chance < 0.31:
        world.at(random.randint(1, 3), lambda: os.kill(os.getpid(), signal.SIGINT))


def shares(db, now, names, hours):
    """How old each list or part is, as a share of its age; infinite before it is there.

    ``hours``: the ages that aren't the defaults.
    """
    started = {}
    for resource, part, when in execute(
        db, "SELECT resource, part, started FROM _walks WHERE published"
    ):
        kinds = [part] if part else ["", *(one.kind for one in slices(SOURCES[resource]))]
        for kind in kinds:
            place = f"{resource}/{kind}".rstrip("/")
            started[place] = max(started.get(place, ""), when)
    ages = {name: hours[name] * 3600 if name in hours else SLICES[name].age for name in names}
    return {
        name: (now - from_iso(started[name])).total_seconds() / ages[name]
        if name in started
        else math.inf
        for name in names
    }


def kept_fresh(db, days, seed, named):
    """So many days of runs; when all was there, and the oldest that each was since, by its age."""
    random, clock = Random(seed), TestClock(START)
    start = dark = clock.time
    names = named or [name for name in SLICES if not name.endswith("/previous")]
    oldest, filled = dict.fromkeys(names, 0.0), None
    with answering(Library(clock)) as world:
        asked = ("--base-url", world.base_url)
        ages = [f"{name}={hours}h" for name, hours in AGES.items()]
        assert command(clock, "ages", db, *ages).code == 0
        for run in range(int(days * 144)):
            clock.time = max(clock.time, start + timedelta(minutes=10 * run))
            trouble(world, random)
            if random.random() < 0.01 and clock.time > dark + timedelta(hours=1):
                dark = clock.time + timedelta(minutes=random.randint(10, OUTAGE))
            if clock.time < dark:
                for k in range(1, 30):
                    world.at(k, "503")
            done = command(clock, "sync", db, *named, "--due", *asked)
            world.forget_plan()
            assert done.code in (0, 65, 69, 75), done.err
            now = shares(db, clock.time, names, AGES)
            if run % 72 == 71:  # what watches it is silent
                assert command(clock, "status", db, "--late", "2").code == 0
            filled = filled or (clock.time if max(now.values()) < math.inf else None)
            if filled:
                oldest = {name: max(oldest[name], now[name]) for name in names}
            del world.moments[:-1]
        assert most_in_an_hour(world.requests) <= COUNTED
        clock.move(3601)
        assert command(clock, "sync", db, "spacecraft", *asked).code == 0
        assert command(clock, "verify", db).code == 0
    assert filled
    return (filled - start).total_seconds() / 3600, oldest


@pytest.fixture
def handlers():
    """A sync that a signal ends leaves none of its own behind."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGINT, before[0])
    signal.signal(signal.SIGTERM, before[1])


@pytest.mark.usefixtures("handlers")
def test_ten_hours_of_what_is_due_keep_some_lists_as_fresh_as_they_are_to_be(tmp_path):
    hours, oldest = kept_fresh(tmp_path / "due.db", 10 / 24, "ten hours", FEW)
    assert hours < 3
    assert {name: share for name, share in oldest.items() if share > 1.5} == {}


@pytest.mark.soak
@pytest.mark.usefixtures("handlers")
def test_a_month_of_what_is_due_keeps_all_lists_as_fresh_as_they_are_to_be(tmp_path):
    hours, oldest = kept_fresh(tmp_path / "due.db", 30, "a month", [])
    assert hours < 24
    assert {name: share for name, share in oldest.items() if share > 1.5} == {}


# And every two minutes, near launches

LAUNCHES = "SELECT max(started) FROM _walks WHERE published AND resource = 'launches'"


def asked_near_launches(db, days, failing):
    """So many days of runs every two minutes, in which one list fails.

    Gives the age of launches when asked, as a multiple of the best, and that of the other lists.
    """
    random, clock = Random("near"), TestClock(START)
    times = [time for time in freshness.launches() if time < (days - 0.2) * freshness.DAY]
    names = [name for name in SLICES if name not in (failing, freshness.LAUNCHES_NEW)]
    fetched, oldest = [(0.0, 0.0)], dict.fromkeys(names, 0.0)
    with answering(Library(clock)) as world:
        for launch, time in zip(world.launches, times, strict=False):
            launch["net"] = ll2_time(START + timedelta(seconds=time))
            launch["net_precision"] = {**launch["net_precision"], "id": 1}
        for launch in world.launches[len(times) :]:
            launch["net"] = ll2_time(START - timedelta(days=9))
        answer = world.answer
        world.answer = lambda path, query: (
            (500, {"detail": "No."}) if f"/{failing}/" in path else answer(path, query)
        )
        for minute in range(0, days * 1440, 2):
            clock.time = max(clock.time, START + timedelta(minutes=minute, seconds=random.random()))
            if random.random() < 0.1:
                world.renew(random)
            done = command(clock, "sync", db, "--due", "--base-url", world.base_url)
            assert done.code in (0, 69), done.err
            [[started]] = execute(db, LAUNCHES)
            now = (clock.time - START).total_seconds()
            fetched += [(now, (from_iso(started) - START).total_seconds())] if started else []
            if minute > 1440:
                reached = shares(db, clock.time, names, {})
                oldest = {name: max(oldest[name], reached[name]) for name in names}
        assert most_in_an_hour(world.requests) <= COUNTED
    goal = freshness.goal(times, freshness.age_in(fetched))
    return goal / freshness.bound(times), oldest


@pytest.mark.soak
@pytest.mark.usefixtures("handlers")
def test_a_month_of_what_is_due_has_launches_nearly_as_fresh_as_can_be_when_asked(tmp_path):
    ratio, oldest = asked_near_launches(tmp_path / "near.db", 30, "events/upcoming")
    assert ratio < 1.2
    assert {name: share for name, share in oldest.items() if share > 1.2} == {}


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_model_of_a_plan_is_near_the_bound(seed):
    times = freshness.launches(seed)
    done = freshness.run(freshness.EVERY, times)
    assert freshness.goal(times, freshness.age_in(done.fetched)) < 1.2 * freshness.bound(times)
    late = {name: share for name, share in done.oldest.items() if share > 1.2}
    assert late.keys() <= {freshness.LAUNCHES_NEW}
