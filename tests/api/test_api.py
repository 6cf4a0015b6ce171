"""What LL2 answers, answered from the file: each paragraph of what a server of its stack does."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from urllib.parse import quote, quote_plus, urlencode

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from helpers import execute
from ll2_mirror.api import select
from ll2_mirror.api.handlers import Api
from ll2_mirror.api.request import Request
from ll2_mirror.api.response import ApiResponse
from ll2_mirror.cli.main import main
from ll2_mirror.ll2.json import parse, spell, text
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.serve.browse import browse
from ll2_mirror.store.records import ListedRecords, Text
from ll2_mirror.store.search import terms
from ll2_mirror.testing import fake_ll2
from reference_api import page as reference_page
from reference_api import words

B = "http://h"
LIST = "/2.3.0/spacecraft/"
NO_CHOICE = "Select a valid choice. That choice is not one of the available choices."
NULLS = "Null characters are not allowed."
DETAILED = "`ll2-mirror sync few.db spacecraft --mode detailed`"
NOT_FOUND = {"detail": "Not found."}
NO_MATCH = {"detail": "No Spacecraft matches the given query."}
NAMES = {  # in place of the sample's, by id
    148: 'O\'Neill "Quoted" 100% done',
    152: "Straße_ǆ ı Σ ﬁ",
    183: " Padded ",
    192: None,
    195: "СОЮЗ back\\slash, comma",
}


def edited() -> fake_ll2.Records:
    """The sample's records, some with names that are hard to find and values that are null."""
    records = fake_ll2.bundled()
    for mode in ("normal", "detailed"):
        listed = records["spacecraft", mode]
        for record in listed:
            record["name"] = NAMES.get(record["id"], record["name"])
            if record["id"] == 447:
                record |= {"time_in_space": None, "flights_count": None, "time_docked": None}
        # One image and configuration came with two values: the first stands.
        images = {record["image"]["id"]: record["image"] for record in reversed(listed)}
        for record in listed:
            record["image"] = images[record["image"]["id"]]
    return records


def made(db, mode, *resources):
    with fake_ll2.running(edited()) as upstream:
        arguments = ["sync", str(db), *resources, "--mode", mode, "--base-url", upstream.base_url]
        assert CliRunner().invoke(main, arguments).exit_code == 0
    return db


@pytest.fixture(scope="module")
def detailed(tmp_path_factory):
    """A file with all three resources in detailed mode."""
    db = tmp_path_factory.mktemp("query") / "all.db"
    return made(db, "detailed", "spacecraft", "agencies", "spacecraft_configurations")


@pytest.fixture(scope="module")
def normal(tmp_path_factory):
    """A file with spacecraft in normal mode."""
    return made(tmp_path_factory.mktemp("query") / "few.db", "normal", "spacecraft")


class Asking:
    """Asks a file."""

    def __init__(self, db) -> None:
        self.conn = sqlite3.connect(db)
        self.mirror = Api(self.conn, db.name, browse)

    def __call__(self, url: str, **about) -> ApiResponse:
        path, _, query = url.partition("?")
        return self.mirror.respond(Request(path, query, B, **about))

    def json(self, url: str, **about):
        return json.loads(self(url, **about).body)

    def ids(self, query: str) -> list[int]:
        answer = self(f"{LIST}?limit=100&{query}")
        assert answer.status == 200, answer.body
        return [record["id"] for record in json.loads(answer.body)["results"]]


@pytest.fixture(scope="module")
def ask(detailed):
    asking = Asking(detailed)
    yield asking
    asking.conn.close()


@pytest.fixture(scope="module")
def ask_normal(normal):
    asking = Asking(normal)
    yield asking
    asking.conn.close()


# Order of checks


@pytest.mark.parametrize(
    ("url", "method", "status", "body"),
    [
        ("/2.3.0/moons/?format=xml", "POST", 404, None),
        (f"{LIST}?format=xml&status=abc", "POST", 404, NOT_FOUND),
        (f"{LIST}?status=abc", "POST", 405, {"detail": 'Method "POST" not allowed.'}),
        (f"{LIST}?status=abc&search=%00", "GET", 400, {"status": [NO_CHOICE]}),
        (f"{LIST}999999/?search=%00", "GET", 400, [NULLS]),
        (f"{LIST}999999/?status=abc", "GET", 400, {"status": [NO_CHOICE]}),
        (f"{LIST}999999/", "GET", 404, NO_MATCH),
    ],
)
def test_route_then_format_then_method_then_filters_then_search_then_record(
    ask, url, method, status, body
):
    answer = ask(url, method=method)
    assert answer.status == status
    assert body is None or json.loads(answer.body) == body


# Pages


@pytest.mark.parametrize("sent", ["x", "-1", "", "1.5", "0", "9" * 4301, "1e1", "%00"])
def test_a_limit_that_cannot_be_read_is_ten(ask, sent):
    page = ask.json(f"{LIST}?limit={sent}")
    assert len(page["results"]) == 10
    assert page["next"] == f"{B}{LIST}?limit=10&offset=10"


@pytest.mark.parametrize(
    ("sent", "limit"),
    [("%205%20", 5), ("%2B5", 5), ("+5", 5), ("1_0", 10), ("007", 7), ("%D9%A3", 3), ("101", 21)],
)
def test_a_limit_is_what_int_reads(ask, sent, limit):
    assert len(ask.json(f"{LIST}?limit={sent}")["results"]) == limit


def test_a_limit_is_a_hundred_at_most_and_the_links_carry_the_effective_one(ask):
    assert ask.json(f"{LIST}?limit=99999&offset=1")["previous"] == f"{B}{LIST}?limit=100"
    assert "limit=10&" in ask.json(f"{LIST}?limit=0")["next"]


@pytest.mark.parametrize("sent", ["x", "-1", "", "1.5", "-0"])
def test_an_offset_that_cannot_be_read_is_none(ask, sent):
    page = ask.json(f"{LIST}?offset={sent}")
    assert page["previous"] is None
    assert page["results"][0]["id"] == 148


def test_of_a_repeated_parameter_the_last_counts_also_when_it_is_bad(ask):
    assert len(ask.json(f"{LIST}?limit=2&limit=x")["results"]) == 10
    assert ask.ids("in_space=true&in_space=maybe") == ask.ids("")
    assert ask.ids("Limit=1&STATUS=1") == ask.ids("")


@pytest.mark.parametrize("offset", [21, 1000, 10**30])
def test_an_offset_behind_the_end_is_an_empty_page(ask, offset):
    page = ask.json(f"{LIST}?offset={offset}")
    assert (page["count"], page["next"], page["results"]) == (21, None, [])
    assert page["previous"] == f"{B}{LIST}?limit=10&offset={offset - 10}"
    assert ask.json(f"{LIST}?offset=1000&name=x") == {
        "count": 0,
        "next": None,
        "previous": f"{B}{LIST}?limit=10&name=x&offset=990",
        "results": [],
    }


def test_next_ends_with_the_list_and_previous_with_its_begin(ask):
    assert ask.json(f"{LIST}?limit=11&offset=10")["next"] is None
    assert ask.json(f"{LIST}?limit=10&offset=10")["next"] == f"{B}{LIST}?limit=10&offset=20"
    assert ask.json(f"{LIST}?limit=5&offset=5")["previous"] == f"{B}{LIST}?limit=5"
    assert ask.json(f"{LIST}?limit=5&offset=3")["previous"] == f"{B}{LIST}?limit=5"
    assert ask.json(f"{LIST}?limit=5&offset=6")["previous"] == f"{B}{LIST}?limit=5&offset=1"


@pytest.mark.parametrize(
    ("query", "link"),
    [
        ("z=1&bad=%00&b=2", "b=2&bad=%00&limit=10&offset=10&z=1"),
        ("b=2&b=1&limit=3&limit=4&offset=1&offset=2", "b=2&b=1&limit=4&offset=6"),
        ("a=+,/:()!*%27%22", "a=+%2C%2F%3A%28%29%21%2A%27%22&limit=10&offset=10"),
        ("a=~-_.é", "a=~-_.%C3%A9&limit=10&offset=10"),
        ("flag", "flag=&limit=10&offset=10"),
        ("flag=", "flag=&limit=10&offset=10"),
        ("a=%FF", "a=%EF%BF%BD&limit=10&offset=10"),
        ("a=%zz%", "a=%25zz%25&limit=10&offset=10"),
        ("a=1;b=2", "a=1%3Bb%3D2&limit=10&offset=10"),
        ("&&a=1&&", "a=1&limit=10&offset=10"),
        ("%7A=1&a=2", "a=2&limit=10&offset=10&z=1"),
    ],
)
def test_links_carry_all_that_was_sent_sorted_and_encoded(ask, query, link):
    assert ask.json(f"{LIST}?{query}")["next"] == f"{B}{LIST}?{link}"


def test_links_lead_where_the_request_came(detailed):
    with closing(sqlite3.connect(detailed)) as conn:
        mirror = Api(conn, "x.db", browse)
        page = json.loads(mirror.respond(Request(LIST, "", "https://my.host:8")).body)
    assert page["next"].startswith("https://my.host:8/2.3.0/spacecraft/?")
    assert page["results"][0]["url"] == "https://my.host:8/2.3.0/spacecraft/148/"


# Format


@pytest.mark.parametrize(
    ("query", "suffix"),
    [
        ("", ""),
        ("format=json", "?format=json"),
        ("format=", "?format="),
        ("format=xml&format=json&limit=1", "?format=json"),
    ],
)
def test_urls_in_records_carry_the_format_and_nothing_else(ask, query, suffix):
    record = ask.json(f"{LIST}?{query}")["results"][0]
    config = record["spacecraft_config"]
    assert record["url"] == f"{B}{LIST}148/{suffix}"
    assert config["url"] == f"{B}/2.3.0/spacecraft_configurations/1/{suffix}"
    assert config["agency"]["url"] == f"{B}/2.3.0/agencies/63/{suffix}"
    assert "format" not in record["image"]["image_url"]


@pytest.mark.parametrize(
    ("query", "accept", "status", "html"),
    [
        ("", None, 200, False),
        ("", "*/*", 200, False),
        ("", "text/html", 200, True),
        ("", "text/html,application/json;q=0.1", 200, False),
        ("", "text/html,application/xhtml+xml,*/*;q=0.8", 200, True),
        ("", "text/*", 200, True),
        ("", "image/png", 406, False),
        ("", "", 406, False),
        ("", "*/*; indent=2", 200, False),
        ("format=api", None, 200, True),
        ("format=api", "text/html", 200, True),
        ("format=api", "application/json", 406, False),
        ("format=json", "text/html", 406, False),
        ("format=json", "text/html,*/*", 200, False),
        ("format=", "text/html", 200, True),
        ("format=xml", None, 404, False),
        ("format=JSON", None, 404, False),
    ],
)
def test_format_and_accept_choose_the_renderer(ask, query, accept, status, html):
    answer = ask(f"{LIST}?{query}", accept=accept)
    assert answer.status == status
    assert answer.media_type == ("text/html; charset=utf-8" if html else "application/json")
    refusals = {404: NOT_FOUND, 406: {"detail": "Could not satisfy the request Accept header."}}
    assert status == 200 or json.loads(answer.body) == refusals[status]


def test_accept_can_ask_for_an_indent(ask):
    indented = ask(f"{LIST}201/", accept="application/json; indent=4").body
    assert indented == text(spell(parse(ask(f"{LIST}201/").body)), 4).encode()


# JSON text


def test_a_body_is_compact_utf_8_without_a_newline(ask):
    answer = ask(f"{LIST}195/")
    assert answer.media_type == "application/json"
    assert answer.headers == {"Allow": "GET", "Vary": "Accept"}
    assert '"name":"СОЮЗ back\\\\slash, comma","serial_number"'.encode() in answer.body
    assert not answer.body.endswith(b"\n")
    assert b'"time_docked":"P0D"' in answer.body


# Filters


@pytest.mark.parametrize(
    ("sent", "count"), [("true", 1), ("TRUE", 1), ("1", 1), ("fAlse", 20), ("0", 20)]
)
def test_a_bool_filter_reads_true_and_false_in_any_case(ask, sent, count):
    assert len(ask.ids(f"in_space={sent}")) == count


@pytest.mark.parametrize("sent", ["maybe", "yes", "2", "%20true", "", "%00", "null"])
def test_any_other_value_of_a_bool_filters_nothing(ask, sent):
    assert len(ask.ids(f"in_space={sent}&is_placeholder={sent}")) == 21


@pytest.mark.parametrize("sent", ["1", "%201%20", "%2B1", "%D9%A1", "0_1"])
def test_a_choice_is_an_id_as_int_reads_it(ask, sent):
    assert ask.ids(f"status={sent}") == [289, 290, 447, 452, 540, 551]


def test_a_choice_that_no_record_has_gives_none(ask):
    assert ask.ids("spacecraft_config=11") == []
    assert len(ask.ids("spacecraft_config=")) == 21


@pytest.mark.parametrize("sent", ["99", "abc", "1.0", "4,1", "null", "-1", "%20", str(10**30)])
def test_a_choice_that_is_not_there_is_refused(ask, sent):
    answer = ask(f"{LIST}?status={sent}")
    assert (answer.status, json.loads(answer.body)) == (400, {"status": [NO_CHOICE]})


def test_errors_come_together_in_the_order_of_the_filters(ask):
    answer = ask(f"{LIST}?status=%00&name=a%00&spacecraft_config=x&in_space=%00")
    assert answer.status == 400
    assert answer.body == (
        f'{{"name":["{NULLS}"],"spacecraft_config":["{NO_CHOICE}"],"status":["{NULLS}"]}}'.encode()
    )


@pytest.mark.parametrize(
    ("sent", "ids"),
    [
        ("Soyuz 6", [201]),
        ("  Soyuz 6\t", [201]),
        ("soyuz 6", []),
        ("Soyuz", []),
        (" Padded ", []),
        ("Padded", []),
        ('O\'Neill "Quoted" 100% done', [148]),
        ("Straße_ǆ ı Σ ﬁ", [152]),
        ("STRASSE_Ǆ I Σ FI", []),
    ],
)
def test_name_is_exact_and_loses_its_outer_white_space(ask, sent, ids):
    assert ask.ids(urlencode({"name": sent})) == ids


def test_an_empty_name_filters_nothing(ask):
    assert len(ask.ids("name=")) == len(ask.ids("name=%20%09")) == 21


def test_filters_that_ll2_does_not_have_are_ignored(ask):
    unknown = "name__icontains=x&status__id=1&status__in=1&id=201&serial_number=x"
    assert len(ask.ids(unknown)) == 21


def test_filters_narrow_a_detail_too(ask):
    assert ask(f"{LIST}201/?in_space=false&search=soyuz").status == 200
    for query in ("in_space=true", "search=dragon", "name=x", "status=1"):
        answer = ask(f"{LIST}201/?{query}")
        assert (answer.status, json.loads(answer.body)) == (404, NO_MATCH)


# Search


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        ("endeavour", 1),
        ("DRAGON crew", 3),
        ("crew,dragon", 3),
        ("crew\u00a0dragon\u3000 \t\n", 3),
        ("soyuz dragon", 0),
        ('"Crew Dragon"', 3),
        ('"dragon crew"', 0),
        ("'100% done'", 1),
        ("100%", 1),
        ("%", 1),
        ("_", 1),
        ("\\", 1),
        ("back\\slash", 1),
        ('"slash, comma"', 1),
        ("slash,comma", 1),
        ("o'neill", 1),
        ('"quo', 1),
        ('"Quoted"', 1),
        ('"\\"quoted\\" 100%"', 1),
        ('"', 21),
        ('""', 21),
        ("''", 21),
        (",", 21),
        ("  ", 21),
        ("", 21),
        ("s", None),
        ("so", None),
        ("союз", 1),
        ("straße", 1),
        ("STRASSE", 0),
        ("STRAẞE", 0),
        ("Ǆ", 1),
        ("i σ", 1),
        ("ς", 1),
        ("İ", 0),
        ("fi", 0),
        ("ﬁ", 1),
        ("\ufffd", 0),
    ],
)
def test_search_finds_every_word_in_any_field(ask, sent, count):
    found = ask.json(f"{LIST}?search={quote_plus(sent)}")["count"]
    if count is None:
        listed = ask.json(f"{LIST}?limit=100")["results"]
        count = sum(
            sent.upper() in f"{r['name'] or ''}\n{r['spacecraft_config']['name']}".upper()
            for r in listed
        )
    assert found == count


@pytest.mark.parametrize("sent", ["%00", "a%00b", "%22%00%22"])
def test_a_nul_in_a_search_is_refused_with_a_list(ask, sent):
    answer = ask(f"{LIST}?search={sent}")
    assert (answer.status, json.loads(answer.body)) == (400, [NULLS])


def test_bytes_that_are_not_utf_8_find_nothing(ask):
    assert ask.ids("search=%FF%FE") == []


def test_thousands_of_words_are_one_question(ask):
    assert ask.ids("search=" + "+".join(f"{n:x}" for n in range(2000))) == []
    assert ask.ids("search=" + "+".join(f"soyuz{n}" for n in range(800))) == []
    assert len(ask.ids("search=" + "+".join(["soyuz"] * 1300))) == 10


@given(st.text(alphabet="ab,'\"\\ \t\n\u00a0é", max_size=12))
def test_terms_are_split_as_the_specification_says(sent):
    assert terms(sent) == words(sent)


# Ordering


@pytest.mark.parametrize(
    ("sent", "first"),
    [
        ("", [148, 152]),
        ("-id", [610, 551]),
        ("id,-id", [148, 152]),
        (" -id , id", [610, 551]),
        ("bad,--id,- id,%2Bid,ID,pk,id\0,-flights_count", [447, 289]),
        ("flights_count", [452, 541]),
        ("time_in_space", [452, 541]),
        ("-time_in_space", [447, 289]),
        ("time_docked,-time_in_space", [507, 201]),
        ("-mission_ends_count,id", [289, 551]),
    ],
)
def test_ordering_by_known_fields(ask, sent, first):
    found = ask.ids(f"ordering={quote(sent)}")
    assert len(found) == 21
    if sent.startswith("time_docked,-"):
        zero = [
            r["id"] for r in ask.json(f"{LIST}?limit=100")["results"] if r["time_docked"] == "P0D"
        ]
        assert found[0] == 540
        assert set(found[: len(zero)]) == set(zero)
    else:
        assert found[:2] == first


def test_nulls_are_last_upwards_and_first_downwards(ask):
    for key in ("flights_count", "time_in_space", "time_docked"):
        assert ask.ids(f"ordering={key}")[-1] == 447
        assert ask.ids(f"ordering=-{key}")[0] == 447


def test_only_the_last_ordering_counts(ask):
    assert ask.ids("ordering=-id&ordering=bad") == ask.ids("")


def test_names_are_ordered_by_code_point(ask):
    page = ask.json("/2.3.0/spacecraft_configurations/?ordering=-name")
    names = [record["name"] for record in page["results"]]
    assert names == sorted(names, reverse=True)
    assert len(names) == 6


# Modes, details, routes, methods


@pytest.mark.parametrize(
    ("query", "mode"),
    [("mode=detailed", "detailed"), ("mode=normal&mode=detailed", "detailed")]
    + [(f"mode={m}", "normal") for m in ("list", "DETAILED", "normal", "", "%20detailed", "x")],
)
def test_the_mode_of_a_list(ask, query, mode):
    assert ask.json(f"{LIST}?{query}")["results"][0]["response_mode"] == mode


@pytest.mark.parametrize(
    ("query", "mode"),
    [
        ("agencies/?mode=list", "list"),
        ("agencies/?mode=normal&mode=list", "list"),
        ("agencies/?mode=List", "normal"),
        ("agencies/?", "normal"),
        ("agencies/?mode=detailed", "detailed"),
        ("spacecraft/?mode=list", "normal"),
        ("spacecraft_configurations/?mode=list", "normal"),
    ],
)
def test_a_list_answers_in_the_modes_of_its_document(ask, query, mode):
    name = query.partition("/")[0]
    found = ask.json(f"/2.3.0/{query}&limit=100")["results"]
    listed = fake_ll2.bundled()[name, mode]
    assert [list(record) for record in found] == [list(record) for record in listed]
    assert {record["response_mode"] for record in found} == {mode}


def test_a_short_list_is_searched_and_filtered_as_a_long_one(ask):
    [nasa] = fake_ll2.bundled()["agencies", "list"]
    found = {**nasa, "url": f"{B}/2.3.0/agencies/44/"}
    for asked in ("country_code=USA", "founding_year__lt=1960", "search=nasa", "ordering=featured"):
        assert ask.json(f"/2.3.0/agencies/?mode=list&{asked}")["results"] == [found]
    assert ask.json("/2.3.0/agencies/?mode=list&founding_year__gt=1960")["results"] == []


def test_a_file_in_normal_mode_answers_in_the_poorer_ones(tmp_path):
    asking = Asking(made(tmp_path / "few.db", "normal", "agencies"))
    with closing(asking.conn):
        found = [asking(f"/2.3.0/agencies/?mode={mode}").status for mode in ("list", "normal")]
        assert found == [200, 200]
        assert asking("/2.3.0/agencies/?mode=detailed").status == 501


def test_a_detail_is_detailed_and_ignores_what_is_a_lists(ask):
    plain = ask(f"{LIST}201/")
    assert json.loads(plain.body)["response_mode"] == "detailed"
    assert ask(f"{LIST}201/?mode=normal&limit=0&offset=9&ordering=-id").body == plain.body


@pytest.mark.parametrize("sent", ["0", "-1", "2147483648", str(10**30), "9"])
def test_an_id_that_is_not_there(ask, sent):
    answer = ask(f"{LIST}{sent}/")
    assert (answer.status, json.loads(answer.body)) == (404, NO_MATCH)


@pytest.mark.parametrize("sent", ["abc", "1e3", "%20", "9" * 4301, "2%0001", "%FF"])
def test_an_id_that_is_no_number(ask, sent):
    answer = ask(f"{LIST}{sent}/")
    assert (answer.status, json.loads(answer.body)) == (404, NOT_FOUND)


@pytest.mark.parametrize("sent", ["0201", "2_01", "%20201", quote("٢٠١"), "201%0A"])
def test_an_id_is_what_int_reads(ask, sent):
    assert ask.json(f"{LIST}{sent}/")["id"] == 201


@pytest.mark.parametrize(
    "path",
    ["2.3.0/spacecraft/2.1/", "2.3.0/spacecraft/2%2F1/", "2.3.0/spacecraft/1/2/", "2.3.0/moons/",
     "2.3.0//spacecraft/", "2.3.0/Spacecraft/", "2.3.0/spacecraft//"],
)  # fmt: skip
def test_a_path_that_no_route_has_is_an_html_404(ask, path):
    answer = ask(f"/{path}")
    assert (answer.status, answer.media_type) == (404, "text/html; charset=utf-8")
    assert "Allow" not in answer.headers


@pytest.mark.parametrize(
    ("path", "same"),
    [
        ("/2.2.0/launch/upcoming/?limit=3", "ask /2.3.0/launches/upcoming/"),
        ("/2.2.0/launch/e3df2ecd-c239-472f-95e4-2b89b4f75800/", "ask /2.3.0/launches/e3df2ecd-"),
        ("/2.2.0/spacestation/4", "ask /2.3.0/space_stations/4/"),
        ("/2.2.0/config/launcher/", "ask /2.3.0/launcher_configurations/"),
        ("/2.2.0/config/launchstatus/", "ask /2.3.0/config/launch_statuses/"),
        ("/2.2.0/config/country/", "ask /2.3.0/config/countries/"),
        ("/2.2.0/api-throttle/", "ask /2.3.0/api-throttle/"),
        ("/2.0.0/agency/44/", "ask /2.3.0/agencies/44/"),
        ("/2.4.0/launches/detailed/", "ask /2.3.0/launches/?mode=detailed"),
        ("/2.4.0/launches/mini", "ask /2.3.0/launches/?mode=list"),
        ("/api/2.3.0/spacecraft/201/", "ask /2.3.0/spacecraft/201/"),
        ("/2.2.0/", "its paths begin with /2.3.0/"),
        ("/2.2.0/moon/", "its paths begin with /2.3.0/"),
        ("/2.4.0/detailed/", "its paths begin with /2.3.0/"),
    ],
)
def test_a_path_of_another_version_leads_to_the_one_of_this(ask, path, same):
    answer = ask(path)
    assert (answer.status, answer.media_type) == (404, "application/json")
    assert f"has LL2's version 2.3.0: {same}" in json.loads(answer.body)["detail"]


def test_ll2s_own_document_is_at_ll2(ask):
    for path in ("/2.3.0/schema/", "/2.3.0/swagger/?x", "/2.3.0/swagger"):
        answer = ask(path)
        assert (answer.status, answer.media_type) == (404, "application/json")
        assert (
            f"is at https://ll.thespacedevs.com{path.partition('?')[0].rstrip('/')}/"
            in (json.loads(answer.body)["detail"])
        )


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/2.3.0/spacecraft?b=1&a=%FF", "/2.3.0/spacecraft/?b=1&a=%FF"),
        ("/2.3.0/spacecraft/999999", "/2.3.0/spacecraft/999999/"),
        ("/2.3.0", "/2.3.0/"),
        ("/2.3.0/agencies", "/2.3.0/agencies/"),
        ("/2.3.0/spacecraft/a%20b?x", "/2.3.0/spacecraft/a%20b/?x"),
        # as clients of earlier versions call it
        ("/2.3.0/launch/upcoming/?limit=1", "/2.3.0/launches/upcoming/?limit=1"),
        ("/2.3.0/event/previous", "/2.3.0/events/previous/"),
        ("/2.3.0/config/launcher/1/", "/2.3.0/launcher_configurations/1/"),
    ],
)
def test_a_slash_that_is_missing_is_added(ask, path, to):
    answer = ask(path)
    assert (answer.status, answer.body, answer.headers) == (301, b"", {"Location": to})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"])
def test_nothing_but_get_is_allowed(ask, method):
    answer = ask(f"{LIST}201/", method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")
    assert answer.body == f'{{"detail":"Method \\"{method}\\" not allowed."}}'.encode()


def test_more_fields_than_django_reads_are_refused(ask):
    answer = ask(f"{LIST}?{'&'.join(f'a{n}=1' for n in range(1001))}")
    assert (answer.status, answer.media_type) == (400, "text/html; charset=utf-8")


# The other resources


def test_the_root_lists_what_is_held(ask, ask_normal):
    names = ("agencies", "spacecraft", "spacecraft_configurations")
    root = ask.json("/2.3.0/?format=json")
    assert list(root.pop("mirror")) == list(names)
    assert root == {n: f"{B}/2.3.0/{n}/?format=json" for n in names}
    assert ask_normal.json("/2.3.0/")["spacecraft"] == f"{B}{LIST}"


def test_the_throttle_never_limits(ask):
    found = ask.json("/2.3.0/api-throttle/")
    assert list(found) == [
        "your_request_limit", "limit_frequency_secs", "current_use", "next_use_secs", "ident",
        "mirror",
    ]  # fmt: skip
    assert found["current_use"] == found["next_use_secs"] == 0
    assert found["your_request_limit"] > 100_000


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("abbrev=NASA", 1),
        ("abbrev=nasa", 0),
        ("abbrev__contains=AS", 1),
        ("abbrev__contains=as", 0),
        ("description__contains=space", 1),
        ("founding_year=1958", 1),
        ("founding_year=1958.9", 1),
        ("founding_year__gt=1957", 1),
        ("founding_year__gte=1958&founding_year__lte=1958", 1),
        ("founding_year__lt=1958", 0),
        ("founding_year__gt=99999999999999999999", 0),
        ("founding_year__gt=-1e60", 1),
        ("id=44", 1),
        ("id=45", 0),
        ("type__id=1", 1),
        ("type__id=999", 0),
        ("featured=true", 1),
        ("country_code=USA,CAN", 1),
        ("country_code=FRA", 0),
        ("country_code=", 1),
        ("search=nas%20aeronautics", 1),
        ("ordering=-total_launch_count,featured,name", 1),
        ("total_launch_count__gte=1", 1),
    ],
)
def test_agencies_by_their_own_filters(ask, query, count):
    page = ask.json(f"/2.3.0/agencies/?{query}")
    assert (page["count"], len(page["results"])) == (count, count)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("id=x", {"id": ["Enter a number."]}),
        ("founding_year=nan", {"founding_year": ["Enter a number."]}),
        ("founding_year__gt=Infinity", {"founding_year__gt": ["Enter a number."]}),
        ("id=1e51", {"id": ["Ensure this value is less than or equal to 1e+50."]}),
        ("abbrev=%00", {"abbrev": [NULLS]}),
        ("name__contains=%00", {"name__contains": [NULLS]}),
    ],
)
def test_agencies_refuse_what_is_no_number(ask, query, error):
    answer = ask(f"/2.3.0/agencies/?{query}")
    assert (answer.status, json.loads(answer.body)) == (400, error)


def test_a_filter_of_which_nothing_tells_what_it_compares_is_not_guessed(ask):
    answer = ask("/2.3.0/agencies/?parent__id=1")
    assert answer.status == 501
    assert "parent__id can't be answered: LL2's document" in json.loads(answer.body)["detail"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=apollo", ["Apollo Lunar Module"]),
        ("name=Gemini", ["Gemini"]),
        ("search=nasa+x-15", ["North American X-15"]),
        ("agency=44&human_rated=true&ordering=-name&limit=2", ["Space Shuttle", "Orion"]),
    ],
)
def test_configurations_by_their_own_parameters(ask, query, names):
    page = ask.json(f"/2.3.0/spacecraft_configurations/?{query}")
    assert [record["name"] for record in page["results"]] == names


def test_a_list_has_only_what_its_endpoint_lists(ask):
    """Agencies that spacecraft only nest are in the table, and no agency of LL2's list."""
    assert ask.conn.execute("SELECT count(*) FROM agencies").fetchone()[0] > 1
    assert ask.json("/2.3.0/agencies/?search=a")["count"] == 1
    assert ask.json("/2.3.0/agencies/?ordering=name")["count"] == 1
    assert ask("/2.3.0/agencies/63/").status == 404


# What isn't held


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        (f"{LIST}?mode=detailed", f"spacecraft in detailed mode: {DETAILED} brings"),
        (f"{LIST}201/", f"spacecraft in detailed mode: {DETAILED} brings"),
        ("/2.3.0/agencies/", "agencies: `ll2-mirror sync few.db agencies` brings them"),
        ("/2.3.0/agencies/44/?mode=normal", "agencies: `ll2-mirror sync few.db agencies`"),
        ("/2.3.0/launches/upcoming/", "launches/upcoming: `ll2-mirror sync few.db launches`"),
        ("/2.3.0/config/event_types/1/", "config/event_types: `ll2-mirror sync few.db config/"),
        ("/2.3.0/dashboard/starship/", "dashboard/starship: `ll2-mirror sync few.db dashboard/"),
    ],
)
def test_what_the_file_does_not_hold_is_a_501_that_says_how_to_get_it(ask_normal, url, detail):
    answer = ask_normal(url)
    assert (answer.status, answer.media_type) == (501, "application/json")
    assert f"doesn't hold {detail}" in json.loads(answer.body)["detail"]


CONFIGURATIONS = "/2.3.0/spacecraft_configurations/"


def test_a_detail_is_answered_where_another_list_brought_its_every_key(tmp_path):
    """Also of a list that isn't held; what else that list is asked for is not."""
    asking = Asking(made(tmp_path / "a.db", "detailed", "spacecraft"))
    with closing(asking.conn):
        page = asking.json(f"{LIST}?mode=detailed&limit=100&format=json")
        for config in (record["spacecraft_config"] for record in page["results"]):
            answer = asking(f"{CONFIGURATIONS}{config['id']}/?format=json")
            assert (answer.status, json.loads(answer.body)) == (200, config)
        for path in ("", "?search=soyuz", "1/?in_use=true", "1/?search=x", "43/", "999999/", "x/"):
            assert asking(f"{CONFIGURATIONS}{path}").status == 501
        assert asking("/2.3.0/agencies/44/").status == 501  # nested with fewer keys


def test_a_detail_of_a_list_in_normal_mode_is_answered_where_another_is_detailed(tmp_path):
    made(tmp_path / "a.db", "normal", "spacecraft_configurations")
    asking = Asking(made(tmp_path / "a.db", "detailed", "spacecraft"))
    with closing(asking.conn):
        assert asking.json(f"{CONFIGURATIONS}4/")["response_mode"] == "detailed"
        assert asking.json(f"{CONFIGURATIONS}4/?in_use=true")["id"] == 4
        refused = asking(f"{CONFIGURATIONS}43/")  # which no craft in the file has
        assert refused.status == 501
        assert "spacecraft_configurations --mode detailed` brings" in refused.body.decode()
        assert asking(f"{CONFIGURATIONS}1/").status == 404  # it isn't in the list
        assert asking(f"{CONFIGURATIONS}?mode=detailed").status == 501


def test_a_missing_record_is_missing_in_any_mode(ask_normal):
    assert ask_normal(f"{LIST}9/").status == 404
    assert ask_normal(f"{LIST}?status=9").status == 400


@pytest.mark.parametrize("query", ["human_rated=true", "ordering=name"])
def test_a_filter_by_what_only_the_other_mode_has(tmp_path, query):
    asking = Asking(made(tmp_path / "c.db", "normal", "spacecraft_configurations"))
    with closing(asking.conn):
        status = asking(f"/2.3.0/spacecraft_configurations/?{query}").status
    assert status == (501 if "human" in query else 200)


# A record whose rows another list knows less of


@pytest.fixture
def doubtful(detailed, tmp_path):
    """A file in which a configuration was last seen in a shape that has fewer keys."""
    db = tmp_path / "all.db"
    shutil.copy(detailed, db)
    named = "SELECT spacecraft_config_id FROM spacecraft WHERE id = 201"
    execute(db, f"UPDATE spacecraft_configurations SET _shapes = 'x' WHERE id = ({named})")
    asking = Asking(db)
    yield asking
    asking.conn.close()


@pytest.mark.parametrize("mode", ["normal", "detailed"])
def test_a_record_is_rendered_from_its_own_text_where_its_rows_lack_a_key(ask, doubtful, mode):
    paths = [f"{LIST}?limit=100&mode={mode}&format=json", f"{LIST}201/?format=json"]
    paths += [f"{path}&x" for path in paths]
    for path in paths:
        accept = "application/json; indent=4" if path.endswith("x") else None
        assert doubtful(path, accept=accept).body == ask(path, accept=accept).body


def test_a_text_that_lacks_a_key_is_no_text_of_a_richer_mode(doubtful, monkeypatch):
    shape = RESOURCES["spacecraft"].modes["normal"]
    record = edited()["spacecraft", "normal"][0]
    texts = [[Text(1, "spacecraft", record["id"], shape, record)]]
    monkeypatch.setattr(ListedRecords, "texts", lambda *_: texts)
    assert doubtful(f"{LIST}?limit=100&mode=detailed").status == 501


# All of it at once

values = {
    "in_space": ["true", "0", "maybe"],
    "is_placeholder": ["False", "1", ""],
    "status": ["1", "4", "", " 5 "],
    "spacecraft_config": ["1", "6", "11"],
    "name": ["Soyuz 6", " Orion 004", "x", "Padded"],
    "search": ["soyuz", "s", "crew dragon", "0", '"on 00"', "o'neill", "ß", "e,r", ""],
    "ordering": ["id", "-id", "-time_in_space", "time_docked,-flights_count", "bad", " -id"],
    "limit": ["1", "3", "100", "0", "x"],
    "offset": ["0", "1", "7", "20", "99"],
    "unknown": ["a b", "ü"],
}  # fmt: skip
queries = st.lists(
    st.sampled_from(sorted(values)).flatmap(
        lambda name: st.sampled_from(values[name]).map(lambda value: (name, value))
    ),
    max_size=6,
).map(urlencode)


@given(query=queries, mode=st.sampled_from(["normal", "detailed"]))
def test_any_question_has_the_answer_that_the_reference_gives(ask, query, mode):
    """The whole body, byte for byte, from the records as upstream sent them."""
    query = f"{query}&mode={mode}"
    everything = ask.json(f"{LIST}?limit=100&mode={mode}")["results"]
    wanted = reference_page(everything, query, f"{B}{LIST}")
    assert ask(f"{LIST}?{query}").body == text(wanted).encode()


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "with rows that records nest"])
@given(query=queries)
def test_what_is_kept_for_other_questions_is_right_for_them(large, whole, query):
    """As in a large file, where only the first ids of a list are read."""
    asking, everything = large[whole]
    wanted = text(reference_page(everything, query, f"{B}{LIST}")).encode()
    assert asking(f"{LIST}?{query}").body == wanted


@pytest.fixture(scope="module")
def large(detailed, tmp_path_factory):
    """Two files that are taken for large ones: of one, not all rows are listed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(select, "FEW", 2)
        patch.setattr(select, "_SHORT", 0)
        found = {}
        for whole in (True, False):
            db = shutil.copy(detailed, tmp_path_factory.mktemp("large") / f"{whole}.db")
            if not whole:
                execute(db, "DELETE FROM _records WHERE id IN (148, 201, 447, 610)")
                execute(db, "DELETE FROM _search_spacecraft WHERE id IN (148, 201, 447, 610)")
                index = "_search_spacecraft_fts"
                execute(db, f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
            asking = Asking(db)
            found[whole] = asking, asking.json(f"{LIST}?limit=100&ordering=id")["results"]
        yield found
        for asking, _ in found.values():
            asking.conn.close()
