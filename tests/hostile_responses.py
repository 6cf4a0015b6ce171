"""What a broken or a hostile LL2 could send, made from a seed: bodies, statuses, headers."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

from faults import elsewhere, reset
from ll2_mirror.ll2.json import parse, spell, text
from ll2_mirror.testing.fake_ll2 import FakeHandler, Fault

Document = Any

# JSON, and what is nearly JSON, that may stand where any value does.
TEXTS = [
    "null", "true", "false", "0", "-0", "-0.0", "1.0", "1e400", "-1e400", "1e-7", "1E5", "NaN",
    "Infinity", "-", "01", "1.", "2147483648", "9223372036854775807", "9223372036854775808",
    "9" * 400, "9" * 5000, "0." + "1" * 400, "1e" + "9" * 30, "[]", "{}", "[[]]", '[{}]', '[null]',
    '[1,"a"]', '{"id":1}', '{"id":1,"id":2}', '{"":0}', '{"a":{"a":{"a":null}}}', '""', '" "',
    "'x'", '"a', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\u001b[2J\\n\\u202e"', '"\\x"',
    '"\u2028\ufeff\U0001f680"', '"<script>alert(1)</script>"', "\"');DROP TABLE spacecraft;--\"",
    '"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:60Z"', '"2026-02-30"', '"P1D"', '"P99999999999D"',
    '"-P1DT1S"', '"PT1H0.0000001S"', '"http://evil/2.3.0/spacecraft/1/"', '"/2.3.0/"',
    '"https://ll.thespacedevs.com/2.3.0/agencies/44/?format=json#x"', '"http://["',
    '"' + "x" * 10**5 + '"',
    '"' + "/2.3.0/" * 8000 + '#"', "[" * 60 + "]" * 60, "[" * 3000 + "]" * 3000, "[" * 10**5,
    '{"a":' * 60 + "1" + "}" * 60, '{"a":' * 2000 + "1" + "}" * 2000, f"[{'0,' * 20_000}0]",
    "{" + ",".join(f'"k{n}":{n}' for n in range(3000)) + "}",
    "{" + ",".join(f'"k{n % 2999}":{n}' for n in range(3000)) + "}",
    "[" + ",".join(f'{{"id":{n},"name":"n"}}' for n in range(500)) + "]",
]  # fmt: skip
_MARK = "what stands here is text {}"  # in place of what no JSON library writes


def places(value: Document) -> list[tuple[Any, Any]]:
    """Each object or list within a document, with each of its keys."""
    found = []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *places(value[key])]
    return found


def _place(document: Document, random: Random) -> tuple[Any, Any]:
    """A place in a document: as often near its top as deep in it."""
    value, found = document, (document, next(iter(document)))
    while isinstance(value, dict | list) and value:
        key = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
        found = (value, key)
        if random.random() < 0.25:
            break
        value = value[key]
    return found


def _put(document: Document, random: Random) -> None:
    owner, key = _place(document, random)
    owner[key] = _MARK.format(random.randrange(len(TEXTS)))


def _drop(document: Document, random: Random) -> None:
    owner, key = _place(document, random)
    del owner[key]


def _repeat(document: Document, random: Random) -> None:
    owner, key = _place(document, random)
    if isinstance(owner, list):
        owner.insert(random.randrange(len(owner) + 1), owner[key])
    else:
        owner[f"{key}{random.choice(['_', '', ' ', chr(0), '_id'])}"] = owner[key]


def _shuffle(document: Document, random: Random) -> None:
    owner, _ = _place(document, random)
    items = list(owner.items()) if isinstance(owner, dict) else list(owner)
    random.shuffle(items)
    owner.clear()
    owner.update(items) if isinstance(owner, dict) else owner.extend(items)


def _move(document: Document, random: Random) -> None:
    """A value from elsewhere in the page: of a real form, in the wrong place."""
    (owner, key), (other, theirs) = (random.choice(places(document)) for _ in range(2))
    owner[key] = parse(text(spell(other[theirs])).encode())


def _renumber(document: Document, random: Random) -> None:
    """Ids that are others'."""
    ids = [(owner, key) for owner, key in places(document) if key == "id"]
    for owner, key in random.sample(ids, min(len(ids), random.choice([1, 2, 9]))):
        other, theirs = random.choice(ids)
        owner[key] = random.choice([other[theirs], 0, -1, 2**40, str(owner[key]), "\0", None])


def _count(document: Document, random: Random) -> None:
    if isinstance(document, dict):
        document["count"] = random.choice([0, 1, 20, 22, 99, 101, 10**4, -1, 2**63, "21", None])


_IN_DOCUMENT = [_put, _put, _put, _put, _drop, _repeat, _shuffle, _move, _renumber, _count]


def _cut(body: bytes, random: Random) -> bytes:
    return body[: random.randrange(len(body) + 1)]


def _flip(body: bytes, random: Random) -> bytes:
    changed = bytearray(body)
    for _ in range(random.choice([1, 1, 3, 50])):
        changed[random.randrange(len(body))] = random.randrange(256)
    return bytes(changed)


def _insert(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body))
    return body[:at] + random.choice(TEXTS).encode() + body[at + random.choice([0, 0, 1, 9]) :]


def _twice(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body))
    key = random.choice([b'"id":', b'"name":', b'"results":', b'"count":', b'"url":'])
    return body[:at] + body[at:].replace(key, key + b"7," + key, random.choice([1, 999]))


_IN_TEXT = [
    *(_cut, _flip, _insert, _twice) * 3,
    lambda body, _: body + body,
    lambda body, _: b"\xef\xbb\xbf" + body,
    lambda body, _: body.decode("utf-8", "replace").encode("utf-16"),
    lambda body, _: body.decode("utf-8", "replace").encode("latin-1", "replace"),
    lambda body, _: b" " * 10**6 + body,
    lambda body, _: b"",
    lambda body, _: b"null",
    lambda body, _: b"<!doctype html><title>Maintenance</title>",
    lambda body, _: gzip.compress(body),
    lambda body, _: zlib.compress(body),
    lambda body, _: gzip.compress(b"[" * 2**24, 9),
    lambda body, _: gzip.compress(gzip.compress(body)),
    lambda body, _: b"[" + b"[]," * 300_000 + b"[]]",
    lambda body, _: b"[" + b"1," * 490_000 + b"1]",
]


def body(right: bytes, random: Random) -> bytes:
    """A body with one to four faults, in what it says or in how it is written."""
    if right[:1] in b"{[" and random.random() < 0.8:
        document = parse(right)
        for _ in range(random.choice([1, 1, 1, 2, 3, 4])):
            if document:
                random.choice(_IN_DOCUMENT)(document, random)
        right = text(spell(document)).encode()
        for number, told in enumerate(TEXTS):
            right = right.replace(b'"%s"' % _MARK.format(number).encode(), told.encode())
    if right and random.random() < 0.4:
        right = random.choice(_IN_TEXT)(right, random)
    return right


STATUSES = [
    "200 OK", "201 Created", "202 Accepted", "204 No Content", "206 Partial Content",
    "300 Many", "301 Moved Permanently", "302 Found", "304 Not Modified", "307 Temporary",
    *(f"{code} No" for code in [400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 418, 425]),
    *(f"{code} Wait" for code in [429, 429, 429, 503, 503]),
    *(f"{code} Broken" for code in [451, 500, 501, 502, 504, 505, 511, 520, 599, 600, 999]),
    "200", "099 Odd", "1000 Odd", "abc", "", "20 0", "-1 No", "200 \xe9\x1b[2J",
    "429 " + "x" * 9000,
]  # fmt: skip
TIMES = [
    "0", "1", "-1", "90", "1800", "99999999999", "9" * 400, "1e9", "1.5", "inf", "NaN",
    "\xd9\xa1", "",
    " ", "1; 2", "5, 7", "0x10", "Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
    "Mon, 32 Foo 99999 99:99:99 GMT", "Wed, 21 Oct 2099 07:28:00 -9999", "\x1b[2J",
]  # fmt: skip
HEADERS = [
    *(f"Retry-After: {told}" for told in TIMES) , "Content-Type: text/html", "Content-Type: ",
    "Content-Type: application/json; charset=utf-16", "Content-Encoding: gzip",
    "Content-Encoding: deflate", "Content-Encoding: br", "Content-Encoding: gzip, gzip",
    "Content-Encoding: \xe9", "Transfer-Encoding: chunked", "Transfer-Encoding: x",
    "Location: {elsewhere}", "Location: /2.3.0/spacecraft/", "Location: \xff", "Set-Cookie: a=b",
    "X: " + "x" * 60_000, "X: " + "x" * 70_000, "no colon", ": empty", " folded", "X\0: \0",
    "Content-Length: 5", "Content-Length: -1", "Content-Length: 9" + "9" * 30, "Connection: x",
    "Date: yesterday", "Proxy-Authenticate: Basic", "WWW-Authenticate: Negotiate", "\r\n{}",
]  # fmt: skip


def _answer(random: Random) -> Fault:
    """Another status, other headers, or both; the body may be right."""
    line = random.choice(STATUSES) if random.random() < 0.7 else "200 OK"
    headers = random.choices(HEADERS, k=random.choice([0, 1, 1, 2, 3, 150]))
    length = random.choice([None, None, None, 0, 1, 10**6, -1, "x", ""])

    def fault(handler: FakeHandler, right: bytes) -> None:
        lines = [one.replace("{elsewhere}", elsewhere(handler)) for one in headers]
        told = body(right, random) if random.random() < 0.5 else right
        handler.reply(line, told, *lines, length=length)

    return fault


def _packed(random: Random) -> Fault:
    """A body that is said to be packed: whole, cut, a bomb, or not at all."""
    name = random.choice(["gzip", "x-gzip", "deflate", "GZIP", " gzip "])
    pack: Callable[[bytes], bytes] = random.choice(
        [
            gzip.compress,
            zlib.compress,
            lambda right: gzip.compress(right)[:-5],
            lambda right: gzip.compress(right) * 2,
            lambda right: gzip.compress(b" " * 2**26 + right),
            lambda right: zlib.compress(right)[2:],
            lambda right: _flip(gzip.compress(right), random),
            lambda right: right,
        ]
    )

    def fault(handler: FakeHandler, right: bytes) -> None:
        handler.reply("200 OK", pack(right), f"Content-Encoding: {name}")

    return fault


def _raw(random: Random) -> Fault:
    """What is no HTTP, or hardly."""
    begin = random.choice(
        [b"", b"\0" * 9, b"HTTP/1.1 200 OK\r\n", b"HTTP/9.9 200 OK\r\n\r\n", b"SSH-2.0\r\n",
         b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * random.choice([1, 9, 11, 3000]),
         b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 101 Switching\r\n\r\n", b"x" * 10**5,
         b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * random.choice([90, 200, 20_000]) + b"\r\n"]
    )  # fmt: skip
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    sizes = [b"5\r\nabcde\r\n", b"zz\r\n", b"-1\r\n", b"F" * 20 + b"\r\n", b"1" * 70_000, b"0\r\n"]
    part = random.choice([begin, begin, chunked + b"".join(random.choices(sizes, k=3))])
    ends = random.random() < 0.3

    def fault(handler: FakeHandler, right: bytes) -> None:
        told = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(right), right)
        handler.send(part, told if random.random() < 0.5 else b"")
        if ends:
            reset(handler)

    return fault


def _bad(random: Random) -> Fault:
    """A page that says something else than it should."""

    def fault(handler: FakeHandler, right: bytes) -> None:
        handler.reply("200 OK", body(right, random))

    return fault


def fault(random: Random) -> Fault:
    """Something that goes wrong."""
    return random.choice([_bad] * 8 + [_answer] * 3 + [_packed, _raw])(random)
