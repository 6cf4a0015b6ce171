"""JSON text comes back byte for byte, or is refused."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import growth
from ll2_mirror.errors import NotAPage
from ll2_mirror.ll2.json import Number, parse, quote, spell, text

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc\u2028é\n"), inner),
)


def _again(body: str) -> str:
    return text(spell(parse(body.encode())))


@given(VALUES)
def test_what_django_rest_framework_prints_comes_back(value):
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    printed = compact.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    assert _again(printed) == printed


NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,3})?", fullmatch=True
)


def _printed(number):
    """A number as orjson prints it, where it can, and as it was."""
    try:
        return [number, orjson.dumps(orjson.loads(number)).decode()]
    except ValueError:
        return [number]


@given(NUMBERS.flatmap(lambda number: st.sampled_from(_printed(number))))
@pytest.mark.parametrize("body", ["{}", "[{}]", '{{"a":{}}}', '["3,1e5",{}]', "[1, {}]"])
def test_a_number_is_read_as_python_reads_it(body, number):
    """Whichever way it goes: as orjson prints it, or carefully."""
    told = body.format(number)
    exact = json.loads(told, parse_float=lambda spelled: (repr(float(spelled)) == spelled, spelled))
    for one, other in zip(_leaves(parse(told.encode())), _leaves(exact), strict=True):
        if isinstance(other, tuple):
            usual, spelled = other
            assert type(one) is (float if usual else Number)
            assert one == float(spelled)
        elif number != "-0":
            assert (type(one), one) == (type(other), other)


def _leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for one in value for leaf in _leaves(one)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    "number",
    ["1e-7", "1e-07", "5.972168e+24", "5.972168e24", "10.0", "1.50", "-0", "-0.0", "0", "1E5"]
    + ["1e400", "123456789012345678901234567890", "0.1", "-1.5e-300"]
    + ["0.00001", "-0.000012345", "0.0001", "1e+16", "1e16", "1.5e-6"],
)
@pytest.mark.parametrize("body", ["[{}]", '{{"a":{}}}', '{{"a":{},"b":[1]}}', "[{},1]", "{}"])
def test_a_number_keeps_its_spelling(number, body):
    assert _again(body.format(number)) == body.format(number)


def test_the_indented_text_is_the_browsable_page():
    value = {"a": [{}, [], {"b": None}], "c": "é"}
    assert text(value, 4) == json.dumps(value, indent=4, ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b'{"a":1', "not JSON"),
        (b'{"a":NaN}', "NaN"),
        (b"[Infinity]", "Infinity"),
        (b'{"a":{"b":1,"b":2}}', '"b" occurs twice'),
        (b'{"a":"\xff"}', "not UTF-8: byte 6 is 0xff"),
        (b'{"a":["\\ud800"]}', "the page.a.0 has half of a surrogate pair"),
        (b'{"\\udc00":1}', "a key of the page has half of a surrogate pair"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_what_would_not_come_back_is_refused(body, reason):
    with pytest.raises(NotAPage) as refused:
        parse(body)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_pair_of_surrogates_is_one_character():
    assert parse(b'"\\ud83d\\ude80"') == "\N{ROCKET}"


def test_a_quoted_value_fits_an_error():
    assert quote("x" * 1000) == '"' + "x" * 56 + "..."
    assert quote({"a": 1}) == "an object"
    assert quote([1]) == "a list"
    assert quote(None) == "null"


def test_a_key_that_stands_twice_among_many_is_found_in_one_pass():
    def make(size):
        return b"{" + b",".join(b'"k%d":1' % n for n in range(size)) + b',"k7":1}'

    def refused(body):
        with pytest.raises(NotAPage, match='"k7" occurs twice'):
            parse(body)

    assert growth(refused, make, 5_000) < 3


@pytest.mark.parametrize("spelled", ["1e400", "-1E999", "9" * 400, "-" + "1" * 5000])
def test_a_number_that_python_has_no_room_for_keeps_its_spelling(spelled):
    body = f'{{"a":{spelled},"b":[{spelled}]}}'
    assert text(spell(parse(body.encode()))) == body
