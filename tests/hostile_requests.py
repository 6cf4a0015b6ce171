"""What a client could send to a server, made from a seed: targets, headers, and what is no HTTP."""

from __future__ import annotations

from random import Random
from urllib.parse import quote

from ll2_mirror.ll2.lists import RESOURCES

WORDS = [
    *"\"'`;%_\\,+-*/()[]{}<>&=?#:@!$^|~ 0149", "--", "/*", "||", "' OR 1=1 --", '") UNION SELECT 1',
    "; DROP TABLE spacecraft", "_settings", "sqlite_master", "NEAR(", "name:", "a*", "^soyuz", "OR",
    "soyuz", "Soyuz 6", "crew dragon", "true", "FALSE", "null", "detailed", "json", "api", "-id",
    "id", "flights_count", "1_0", "1e1", "1.0", "NaN", "1e999999", "\u0663", "\xdf", "\u0130",
    "\ufb01", "\U0001f680", "\xa0", "\u2028", "\ufeff", "\ufffd", "\t", "\n", "\x1c", "\x7f", "\0",
    "9" * 19, "9" * 400, "9" * 4301, "2147483648", "9223372036854775808", "../", "x" * 3000,
    '"' * 99,
    "a b " * 200, "'\" " * 300, "2026-11-29", "P1D", "2026-02-30T25:61:61Z", "201", "-1", "[]",
]  # fmt: skip
ESCAPES = ["%00", "%FF", "%", "%2", "%zz", "+", "%0d%0a", "%ED%A0%80", "%C2%85", "%2e%2e", "%252f"]
NAMES = sorted({one.name for resource in RESOURCES.values() for one in resource.filters})
GENERAL = ["search", "ordering", "limit", "offset", "mode", "format", "foo", "", "search[]", "a b"]


def _text(random: Random) -> str:
    parts = random.choices(WORDS, k=random.choice([0, 1, 1, 1, 2, 3]))
    text = quote("".join(parts), safe="'!*()~:@,;")
    return text + random.choice(ESCAPES) if random.random() < 0.15 else text


def query(random: Random, names: list[str]) -> str:
    """A query of parameters that mean something, most of the time."""
    pairs = []
    for _ in range(random.choice([0, 1, 1, 2, 3, 5, 5, 40])):
        name = random.choice(random.choice([NAMES, GENERAL, names or GENERAL, WORDS]))
        pairs.append(f"{quote(name)}={_text(random)}" if random.random() < 0.95 else _text(random))
    if random.random() < 0.01:
        pairs = pairs * 2000
    return "&".join(pairs)[: random.choice([8000, 8000, 8000, 100_000])]


def target(random: Random) -> str:
    """A path of LL2's with a query."""
    name = random.choice(list(RESOURCES))
    end = random.choice(["/", "/", "/", "/201/", "/44/", "", f"/{_text(random)}/", _text(random)])
    path = random.choice(
        [f"/2.3.0/{name}{end}"] * 9 + ["/2.3.0/", f"/2.3.0/{_text(random)}", "/2.3.0"]
    )
    named = [one.name for one in RESOURCES[name].filters]
    named += [*RESOURCES[name].search] or GENERAL
    return f"{path}?{query(random, named)}" if random.random() < 0.9 else path


def page(random: Random, name: str) -> str:
    """A path of the site. What Datasette is asked with is Datasette's own business."""
    paths = [f"/?{_text(random)}", f"/{name}/agencies/44", f"/-/search?q={_text(random)}"]
    paths += [f"/{_text(random)}", f"/{name}/{_text(random)}", f"/{name}/images/{_text(random)}"]
    return random.choice(paths)[:8000]


HEADERS = [
    "Accept: */*", "Accept: text/html", "Accept: application/json; indent=4", "Accept: ;;=,",
    "Accept: application/json; indent=-1", "Accept: a/b; " + "9" * 5000, "Accept: " + "x/y," * 4000,
    "Accept-Encoding: gzip", "Accept-Encoding: gzip;q=0, *", "Accept-Encoding: br;q=x", "Accept: ",
    "If-None-Match: *", 'If-None-Match: W/"x", "', "If-Modified-Since: yesterday",
    "Range: bytes=0-1",
    "Range: bytes=9-1,-5", "Cookie: ds_actor=x", "Cookie: a/b=1; =;", "Cookie: \xff\x80=1",
    "Cookie: ds_messages=\xff", "Cookie: expires=x; a=\"\\400",
    "Authorization: Bearer dstok_x",
    "Authorization: Token x", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: javascript",
    "X-Forwarded-Host: evil", "Forwarded: for=x", "Connection: Upgrade", "Upgrade: websocket",
    "Upgrade: h2c", "Expect: 100-continue", "Origin: null", "Referer: javascript:x", "X: \xff\x80",
    "Content-Type: application/x-www-form-urlencoded", "Access-Control-Request-Method: PUT",
    "TE: x",
    "Access-Control-Request-Headers: a\tb", "Sec-WebSocket-Key: x", "Host: other",
    "X: " + "x" * 9000,
]  # fmt: skip
HOSTS = [
    "h",
    "h:1",
    "[::1]:80",
    "",
    "a b",
    "h/../",
    "<b>",
    "\xff",
    "h@evil",
    "x" * 300,
    "h:99999",
    "h\\x",
]
METHODS = ["GET"] * 12 + ["HEAD", "HEAD", "OPTIONS", "POST", "PUT", "get", "<b>", "", "X" * 300]
METHODS += ["PATCH", "DELETE", "TRACE", "RENDER", "dispatch_request", "__init__"]


def plain(random: Random, name: str) -> bytes:
    """The bytes of a request that has an answer."""
    place = target(random) if random.random() < 0.6 else page(random, name)
    headers = random.choices(HEADERS[:8], k=random.choice([0, 1]))
    lines = [f"GET {place} HTTP/1.1", "Host: 127.0.0.1", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def raw(random: Random, name: str) -> bytes:
    """The bytes of a request, well formed or not."""
    method = random.choice(METHODS)
    place = page(random, name) if random.random() < 0.3 else target(random)
    if random.random() < 0.1:
        forms = ["http://h{}", "//h{}", "{} x", "*", "", "http://[", "/..{}", "{}#x", "h:80"]
        place = random.choice(forms).format(place)
    version = (
        "HTTP/1.1" if random.random() < 0.95 else random.choice(["HTTP/1.0", "HTTP/9", "x", ""])
    )
    lines = [f"{method} {place} {version}"]
    lines += [f"Host: {random.choice(HOSTS) if random.random() < 0.2 else '127.0.0.1'}"]
    lines += random.choices(HEADERS, k=random.choice([0, 0, 1, 2, 5]))
    body = b""
    if random.random() < 0.1:
        body = random.choice([b"a=b", b"5\r\nabcde\r\n0\r\n\r\n", b"zz\r\n", b"x" * 10**5])
        lengths = [
            "Content-Length: 99999999999",
            "Content-Length: -1",
            "Transfer-Encoding: chunked",
        ]
        lines.append(random.choice([f"Content-Length: {len(body)}", *lengths]))
    told = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace") + body
    if "/2.3.0/" in place and random.random() < 0.1:  # Datasette's pages don't stand it
        at = random.randrange(len(told))
        told = told[:at] + random.randbytes(random.choice([0, 1, 9, 2000])) + told[at + 1 :]
    return told
