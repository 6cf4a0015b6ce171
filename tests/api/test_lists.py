"""Every list, asked by what is declared of it: as a plain reading of the same records answers."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from random import Random
from urllib.parse import quote, urlencode

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import examples, public_rows
from ll2_mirror.api.handlers import Api
from ll2_mirror.api.request import Request
from ll2_mirror.cli.main import main
from ll2_mirror.ll2.json import spell, text
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.serve.browse import browse
from ll2_mirror.testing import fake_ll2
from reference_api import MEMBERS, SINGLE, UUIDS, RandomRecords, at, is_found, ordered, passes
from serving import served

WORDS = ("soyuz", "MS", "100%", "ß", "o'neill", "soyuz ms-2", "ärger_", "10", "zzz", "", "so y,")

NO_CHOICE = "Select a valid choice. {} is not one of the available choices."
ANY = {"choices", "ints", "texts", "uuids", "part"}
BEYOND = {"payloadflight__rocket__launch__net"}  # an ordering that leads through no body


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A file with all lists of a made-up world in their richest modes."""
    db = tmp_path_factory.mktemp("lists") / "world.db"
    with fake_ll2.running(RandomRecords(3).records()) as upstream:
        arguments = ["sync", str(db), "--all", "--mode", "detailed"]
        done = CliRunner().invoke(main, [*arguments, "--base-url", upstream.base_url])
        assert done.exit_code == 0, done.output
    return db


class Asking:
    """Asks a file; ``records`` are those of each list in its richest mode."""

    def __init__(self, conn, name):
        self._mirror = Api(conn, name, browse)
        self.records = {
            name: self.json(name, {"limit": 100, "mode": list(one.modes)[-1]})["results"]
            for name, one in RESOURCES.items()
        }

    def __call__(self, name, sent):
        request = Request(f"/2.3.0/{name}/", urlencode(sent, doseq=True), "http://h")
        return self._mirror.respond(request)

    def json(self, name, sent):
        response = self(name, sent)
        assert response.status == 200, (name, sent, response.body)
        return json.loads(response.body)

    def ids(self, name, sent):
        page = self.json(name, {"limit": 100, **sent})
        assert page["count"] == len(page["results"])
        return [record["id"] for record in page["results"]]


@pytest.fixture(scope="module")
def ask(world):
    with closing(sqlite3.connect(world)) as conn:
        yield Asking(conn, world.name)


def sent_for(random, one, there):
    """What is sent for a filter, and what it means; several where any of them will do."""
    kind = SINGLE.get(one.kind, one.kind)
    known = [(str(id_), id_) for id_ in there] if "choice" in one.kind else MEMBERS[kind]
    if (one.kind, one.lookup) == ("int", "contains"):
        known = [("1", 1), ("2", 2), (" +12", 12), ("1.0", "1.0")]
    if one.kind not in ANY:
        return random.choice(known)
    texts, members = zip(*random.choices(known, k=random.randint(1, 3)), strict=True)
    return list(texts) if one.kind == "choices" else ",".join(texts), list(members)


def there_for(one, name, lists):
    """What a filter's path leads to in the records of the list at which it begins."""
    records = lists[one.through.resource if one.through else name]
    return sorted({value for record in records for value in at(record, one.path)}, key=str)


def filtered(random, resource, sent, lists):
    """What a filter, chosen and added to what is sent, leaves of a list's records."""
    found = lists[resource.name]
    for one in random.sample(
        answered(resource), k=random.randint(0, min(2, len(answered(resource))))
    ):
        if there := there_for(one, resource.name, lists):
            sent[one.name], wanted = sent_for(random, one, there)
            found = [record for record in found if passes(record, one, wanted, lists)]
    return found


def answered(resource):
    return [one for one in resource.filters if one.kind != "opaque"]


@pytest.mark.sampled
@settings(max_examples=examples(20, 2000))
@given(name=st.sampled_from(sorted(RESOURCES)), random=st.randoms(use_true_random=False))
def test_any_question_to_any_list_has_the_answer_of_a_plain_reading(ask, name, random):
    resource, sent = RESOURCES[name], {}
    found = filtered(random, resource, sent, ask.records)
    sent["search"] = random.choice(WORDS)
    if resource.search:
        found = [record for record in found if is_found(record, resource.search, sent["search"])]
    sent["mode"] = random.choice(list(resource.modes))
    known = [*resource.orderings_in(sent["mode"]), "nonsense", "-id"]
    terms = random.sample(sorted({*known} - BEYOND), k=random.randint(0, 2))
    sent["ordering"] = ",".join(random.choice(["", "-"]) + term for term in terms)
    wanted = ordered(resource, sent["mode"], found, sent["ordering"])
    assert ask.ids(name, sent) == [record["id"] for record in wanted], sent


@pytest.mark.parametrize("name", [name for name, one in RESOURCES.items() if one.filters])
def test_each_filter_is_answered(ask, name):
    for one in answered(RESOURCES[name]):
        random, records = Random(one.name), ask.records[name]
        there = there_for(one, name, ask.records)
        for _ in range(8 if there else 0):
            text, wanted = sent_for(random, one, there)
            found = [one_["id"] for one_ in records if passes(one_, one, wanted, ask.records)]
            assert sorted(ask.ids(name, {one.name: text})) == sorted(found), (one, text)


THAT = "That choice"
NUMBER, MOMENT, DATE = ["Enter a number."], ["Enter a valid date/time."], ["Enter a valid date."]
UUID, NULLS = ["Enter a valid UUID."], ["Null characters are not allowed."]
TOO_LARGE = ["Ensure this value is less than or equal to 1e+50."]


@pytest.mark.parametrize(
    ("name", "filter_", "values", "error"),
    [
        ("launches", "net__gte", ["x", " ", "2024", "2024-02", "2024-060", "2024-02-30"], MOMENT),
        ("launches", "net__lt", ["2024-02-29T24:00", "2024-02-29T07:30:60Z", "1709191800"], MOMENT),
        ("launches", "net__lt", ["2024-02-29T07:30:00z", "now", "10000-01-01", "a\0"], MOMENT),
        ("launches", "net__lte", ["2024-02-29T09:30:00 02:00", "2024-02-29 7:30 +99"], MOMENT),
        ("launches", "lsp__id", ["1,x", " ", "1, ,2", "1;2", "1 2", "\0", "nan", "0x1"], NUMBER),
        ("launches", "location__ids", ["1,1e51"], TOO_LARGE),
        ("launches", "day", ["x", " ", "1,Monday"], NUMBER),
        ("launches", "lsp__name", ["a,b\0"], NULLS),
        ("launches", "mission__orbit__name__icontains", ["\0"], NULLS),
        ("launches", "id", ["x", "1", f"{UUIDS[0]},{UUIDS[1][:-1]}", "\0"], UUID),
        ("launches", "program", ["1,2"], ["“1,2” is not a valid value."]),
        ("launches", "program", [["1", ""]], ["“” is not a valid value."]),
        ("launches", "program", [["1", "x"]], ["“x” is not a valid value."]),
        ("launches", "program", [["1", "1\0"]], NULLS),
        ("launches", "pad", ["x", "99", " ", "1.0", str(10**30)], [NO_CHOICE.format(THAT)]),
        ("space_stations", "owners", [["1", "123456"]], [NO_CHOICE.format("123456")]),
        ("space_stations", "owners", [" 1"], [NO_CHOICE.format(" 1")]),
        ("space_stations", "owners", [str(10**30)], [NO_CHOICE.format(10**30)]),
        ("astronauts", "date_of_birth", ["x", " ", "1930", "19300805", "1930-W32-2"], DATE),
        ("astronauts", "date_of_death__lt", ["1930-08-05T00:00", "Aug 5th 1930", "\0"], DATE),
        ("astronauts", "agency_ids", ["x"], NUMBER),
        ("pads", "id__contains", ["x", ""  " "], NUMBER),
        ("pads", "latitude__gt", ["north", "Infinity"], NUMBER),
    ],
)  # fmt: skip
def test_a_value_that_is_none_is_refused_in_django_s_words(ask, name, filter_, values, error):
    for value in values:
        answer = ask(name, {filter_: value})
        wanted = json.dumps({filter_: error}, ensure_ascii=False, separators=(",", ":"))
        assert (answer.status, answer.body.decode()) == (400, wanted), value


@pytest.mark.parametrize(
    ("name", "filter_", "wanted", "spellings"),
    [
        ("launches", "net__gt", "1957-10-04T19:28:34Z",
         ["19571004T192834Z", "1957-W40-5T19:28:34", "1957-10-4 19:28:34 Z", " 1957-10-04x19:28:34",
          "1957-10-04T21:28:34+02:00", "1957-10-04 17:58:34 -0130", "1957-10-04T19:28:34,0000009",
          "1957-10-4 17:58:34 -0130", "1957-10-4 20:58:34+01:30", "1957-10-4 19:28:34.0000009"]),
        ("launches", "net__gte", "2024-02-29T00:00:00Z", ["2024-02-29", "2024-02-28T22:00-02"]),
        ("astronauts", "date_of_birth__lte", "1999-12-31",
         ["12/31/1999", "12/31/99", "dec 31 1999", "Dec 31, 1999", "31 DEC 1999", "31 Dec, 1999",
          "December 31 1999", "31 december, 1999", " 1999-12-31\n"]),
        ("astronauts", "age__gte", "2", ["2.9", "+2", " 2 ", "2e0", "\N{ARABIC-INDIC DIGIT TWO}"]),
        ("astronauts", "agency_ids", "1,2", ["1,,2", ",1,2.5,", " 1 , 2 ", "2,1,1,99"]),
        ("launches", "id", f"{UUIDS[0]},{UUIDS[3]}",
         [f"{{{UUIDS[3]}}}, ,urn:uuid:{UUIDS[0].upper()}", f"{UUIDS[0]},{UUIDS[3]},{UUIDS[3]}",
          f" {UUIDS[0]} ,\t{UUIDS[3]}\n"]),
        ("pads", "latitude__gte", "28.25", ["28.250", "2825e-2", "28.2499999"]),
    ],
)  # fmt: skip
def test_a_value_is_read_in_each_spelling(ask, name, filter_, wanted, spellings):
    found = ask.ids(name, {filter_: wanted})
    assert found
    assert [ask.ids(name, {filter_: one}) for one in spellings] == [found] * len(spellings)


@pytest.mark.parametrize("value", ["", "\0", "maybe"])
def test_what_says_nothing_filters_nothing(ask, value):
    name = "astronauts"
    assert len(ask.ids(name, {"in_space": value})) == 4
    if not value:
        asked = ["age__lte", "date_of_birth", "first_flight__lt", "agency_ids", "type__id"]
        assert len(ask.ids(name, dict.fromkeys(asked, value))) == 4


def test_a_list_of_no_members_finds_nothing(ask):
    for name, filter_ in (("astronauts", "agency_ids"), ("launches", "id"), ("launches", "day")):
        assert ask.ids(name, {filter_: ","}) == []
    assert ask.ids("launches", {"id": " "}) == []


def test_bounds_beyond_any_moment_or_number_are_bounds(ask):
    for bound in ("0001-01-01T00:00:00+02:00", "0001-01-01"):
        dated = ask.ids("launches", {"net__gte": bound})
        assert dated == ask.ids("launches", {"net__lte": "9999-12-31T23:59:59.999999-02:00"})
    assert 0 < len(dated) <= 4
    aged = ask.ids("astronauts", {"age__gt": "-1e99999"})
    assert aged == ask.ids("astronauts", {"age__lt": "1e50"})
    assert ask.ids("astronauts", {"age": "1e30"}) == ask.ids("astronauts", {"agency_ids": "-1e400"})


def test_of_a_repeated_filter_the_last_counts_but_of_one_that_takes_several_all(ask):
    both = {"program": ["1", "2"]}
    each = [ask.ids("launches", {"program": id_}) for id_ in ("1", "2")]
    assert {*ask.ids("launches", both)} == {*each[0], *each[1]}
    last = ask.ids("launches", {"location__ids": ["1", "2"]})
    assert last == ask.ids("launches", {"location__ids": "2"})
    assert last != ask.ids("launches", {"location__ids": "1,2"})


@pytest.mark.parametrize(
    ("name", "sent", "told"),
    [
        ("launches", {"related_lsp__id": "1"}, "The filter related_lsp__id can't be answered: LL2"),
        ("programs", {"ordering": "-agencies"}, "The ordering agencies can't be answered"),
        ("payloads", {"ordering": "id,payloadflight__rocket__launch__net"}, "can't be answered"),
    ],
)
def test_what_the_document_leaves_open_is_a_501_that_says_so(ask, name, sent, told):
    answer = ask(name, sent)
    assert answer.status == 501
    assert told in answer.body.decode()


def test_a_list_without_searched_texts_refuses_a_nul_all_the_same(ask):
    assert len(ask.ids("updates", {"search": "nothing has this"})) == 4
    answer = ask("updates", {"search": "\0"})
    assert (answer.status, json.loads(answer.body)) == (400, NULLS)


def test_what_a_mode_lacks_is_answered_where_another_list_brought_it_for_all(tmp_path):
    db, filter_ = tmp_path / "a.db", "rocket__configuration__manufacturer__name__icontains"
    with (
        fake_ll2.running(RandomRecords(3).records()) as upstream,
        closing(sqlite3.connect(db)) as conn,
    ):

        def ask(*arguments):
            to = ["--mode", "normal", "--base-url", upstream.base_url]
            done = CliRunner().invoke(main, ["sync", str(db), *arguments, *to])
            assert done.exit_code == 0, done.output
            request = Request("/2.3.0/launches/", urlencode({filter_: "s"}))
            return Api(conn, db.name, browse).respond(request)

        refused = ask("launches")
        assert refused.status == 501
        told = json.loads(refused.body)["detail"]
        assert "doesn't hold rocket__configuration__manufacturer of launches: `ll2-mirror" in told
        assert "sync a.db launches --mode detailed` brings it" in told
        assert ask("launcher_configurations").status == 200


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    """Asks a file of the captured records of launches, events and what is like them."""
    db = tmp_path_factory.mktemp("captured") / "captured.db"
    lists = ["launches", "events", "pads", "programs", "updates", "space_stations", "locations"]
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        arguments = ["sync", str(db), *lists, "--mode", "detailed", "--base-url", upstream.base_url]
        assert CliRunner().invoke(main, arguments).exit_code == 0
    with closing(sqlite3.connect(db)) as conn:
        yield Api(conn, db.name, browse)


SPUTNIKS = ["Sputnik 1", "Sputnik 2"]
VIDEO = "https://www.youtube.com/watch?v=DTDb3eKpPiw"
CREWED = ["Crew-11", "Shenzhou 21"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("launches/?is_crewed=true", []),
        ("launches/?is_crewed=maybe&include_suborbital=false&net__lt=1958-01-01", SPUTNIKS),
        (f"launches/?video_url=x,{quote(VIDEO)}", ["Sputnik 1"]),
        (f"launches/?video_url={quote(VIDEO[:-1])}", []),
        ("launches/", [*SPUTNIKS, *CREWED, "Dream Chaser CRS 2 Flight 1"]),
        ("launches/?ordering=-net&limit=2", ["Dream Chaser CRS 2 Flight 1", "Shenzhou 21"]),
        ("launches/?net__gte=2025-08-01T15:43:42Z&net__lt=2026", None),
        ("launches/?net__gte=2025-08-01T15:43:42Z&net__lt=2026-01-01", CREWED),
        ("launches/?net__gt=2025-08-01T17:43:42%2B02:00&net__lt=2026-01-01", ["Shenzhou 21"]),
        ("launches/?net__gt=2025-08-01T17:43:42+02:00", None),
        ("launches/?lsp__id=121,66&mode=list", [*SPUTNIKS, "Crew-11"]),
        ("launches/?status__ids=2&search=vulcan", ["Dream Chaser CRS 2 Flight 1"]),
        ("launches/?year=1957&month=11,12", ["Sputnik 2"]),
        ("launches/?location__ids=15,%2027.9", [*SPUTNIKS, "Crew-11"]),
        ("launches/?program=5&program=7", CREWED),
        ("launches/?rocket__configuration__manufacturer__name__icontains=ENERGIA", SPUTNIKS),
        ("launches/?mission__orbit__name=Low+Earth+Orbit&lsp__name=SpaceX", ["Crew-11"]),
        ("launches/?launch_designator=1957-001,2025-246", ["Sputnik 1", "Shenzhou 21"]),
        ("launches/?id=E3DF2ECDC239472F95E42B89B4F75800,%20", ["Sputnik 1"]),
        ("events/?ordering=-date&limit=1", ["SpaceX Crew-13 Crew Dragon Docking"]),
        ("events/?type__ids=23,2&day=28", ["Juice Earth Flyby"]),
        ("pads/?latitude__gt=28.6&latitude__lt=45.92", ["Launch Complex 39B"]),
        ("pads/?ordering=location__name&limit=1", ["1/5"]),
        ("pads/?ordering=-location__name&limit=1", ["Launch Complex 39B"]),
        ("locations/?country_code=IND", ["Satish Dhawan Space Centre, India"]),
        ("programs/?ordering=-start_date&limit=2", ["Starlink", "Commercial Crew Program"]),
    ],
)
def test_captured_records_by_what_clients_ask(captured, asked, names):
    """The short name of each, of a launch what is behind the bar; none: what is sent is refused."""
    path, _, query = asked.partition("?")
    answer = captured.respond(Request(f"/2.3.0/{path}", query))
    if names is None:
        assert answer.status == 400
    else:
        records = json.loads(answer.body)["results"]
        assert [one["name"].rpartition(" | ")[2] for one in records] == names


@pytest.fixture
def flown(tmp_path):
    """Syncs and asks a file in which some records are what filters are about."""
    records = fake_ll2.bundled()
    launches, [person] = records["launches", "detailed"], records["astronauts", "list"]
    sub = {"id": 15, "name": "Suborbital", "abbrev": "Sub", "celestial_body": None}
    launches[0]["mission"]["orbit"], launches[1]["mission"] = sub, None
    launches[2]["updates"] = [{**records["updates", "normal"][0], "id": 7}]
    records["updates", "normal"] = launches[2]["updates"]
    robot = {**person, "id": 9, "type": {"id": 5, "name": "Non-Human"}, "nationality": []}
    records["astronauts", "list"] = [robot, {**person, "type": None}]
    db = tmp_path / "flown.db"
    with fake_ll2.running(records) as upstream, closing(sqlite3.connect(db)) as conn:

        def sync(*arguments):
            to = ["sync", str(db), *arguments, "--base-url", upstream.base_url]
            assert CliRunner().invoke(main, to).exit_code == 0

        def ask(path):
            path, _, query = path.partition("?")
            answer = Api(conn, db.name, browse).respond(Request(f"/2.3.0/{path}", query))
            body = json.loads(answer.body)
            return [one["id"] for one in body["results"]] if answer.status == 200 else body

        yield sync, ask, [one["id"] for one in launches]


def test_what_leads_through_another_list_is_answered_where_the_file_has_that_list(flown):
    sync, ask, launches = flown
    asked, detailed = f"updates/?launch={launches[2]}", "`ll2-mirror sync flown.db launches --mode"
    sync("updates")
    assert f"doesn't hold launches: {detailed} detailed` brings them" in ask(asked)["detail"]
    sync("launches")
    assert f"updates of launches: {detailed} detailed` brings it" in ask(asked)["detail"]
    sync("launches", "--mode", "detailed")
    assert ask(asked) == [7]
    assert ask(f"updates/?launch={launches[0]}") == []
    assert ask("updates/?launch__launch_service_provider=124") == [7]
    assert ask("updates/?launch__launch_service_provider=121") == []
    choice = NO_CHOICE.format(THAT)
    assert ask(f"updates/?launch={UUIDS[0]}") == {"launch": [choice]}
    assert ask("updates/?launch=1") == {"launch": ["“1” is not a valid UUID."]}


def test_suborbital_is_what_flies_an_orbit_of_that_name(flown):
    sync, ask, launches = flown
    sync("launches", "--mode", "detailed")
    everything = sorted(launches)
    assert sorted(ask("launches/?include_suborbital=true")) == everything
    assert sorted(ask("launches/?include_suborbital=False")) == sorted(launches[1:])
    assert sorted(ask("launches/?include_suborbital=none")) == everything


def test_people_are_human_unless_their_type_says_otherwise(flown):
    sync, ask, _ = flown
    sync("astronauts", "--mode", "list")
    asked = "astronauts/?mode=list&"
    assert (ask(f"{asked}is_human=true"), ask(f"{asked}is_human=0")) == ([5], [9])
    assert ask(f"{asked}nationality=Canadian") == [5]
    assert ask(f"{asked}nationality=canadian") == []
    assert "doesn't hold flights_count of astronauts" in ask(f"{asked}has_flown=1")["detail"]


def test_a_search_is_refused_where_the_file_lacks_some_of_the_searched_texts(flown):
    sync, ask, launches = flown
    sync("launches")
    missing = "rocket__configuration__manufacturer of launches"
    assert missing in ask("launches/?search=sputnik")["detail"]
    assert len(ask("launches/?search=,")) == len(launches)
    sync("launches", "--mode", "detailed")
    assert len(ask("launches/?search=sputnik")) == 2


def test_a_filtered_page_is_byte_for_byte_what_was_captured(captured):
    answer = captured.respond(Request("/2.3.0/launches/", "mode=detailed&net__lt=1958&year=1957"))
    assert answer.status == 400
    query = "mode=detailed&net__lt=1958-01-01&year=1957"
    answer = captured.respond(Request("/2.3.0/launches/", query, "https://ll.thespacedevs.com"))
    wanted = [one for one in fake_ll2.bundled()["launches", "detailed"] if one["net"] < "1958"]
    wanted.sort(key=lambda one: one["net"])
    page = {"count": 2, "next": None, "previous": None, "results": wanted}
    assert answer.body.decode() == text(spell(page))


def test_a_mirror_of_a_mirror_has_the_same_rows_of_all_lists(world, tmp_path):
    """Its walks ask for their own orders, whatever a list is sorted by unasked."""
    second = tmp_path / "second.db"
    with served(world) as url:
        arguments = ["sync", str(second), "--all", "--mode", "detailed", "--base-url", url]
        assert CliRunner().invoke(main, arguments).exit_code == 0
    assert public_rows(second) == public_rows(world)
