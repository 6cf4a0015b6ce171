"""The way to one server: past a proxy, with certificates, over connections that say if they stand.

Takes the environment's word as curl does; but this machine is never asked through a proxy.
"""

from __future__ import annotations

import os
import ssl
from http.client import HTTPException, HTTPResponse
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
from urllib3 import PoolManager, ProxyManager, make_headers
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from ll2_mirror.errors import UsageError

# Where curl, Python and requests look for certificates to trust: each that is set counts.
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_HERE = ("127.0.0.0/8", "::1", "0.0.0.0", "::")  # noqa: S104 (asked, not bound)
_EARLY = 10  # hints such as 103 that may come before the answer


class Proxy(NamedTuple):
    """A proxy, and the variable that names it."""

    variable: str
    url: str

    @property
    def name(self) -> str:
        """The proxy for people, without its password."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def barred(self) -> UsageError:
        """The error where it lets nobody pass who doesn't say who they are."""
        how = f"put them into {self.variable}, as in http://user:password@{self.name}"
        return UsageError(f"the proxy {self.name} wants a user and a password: {how}")


class Route:
    """How one server is reached; raises UsageError where the environment names what can't be."""

    def __init__(self, base_url: str) -> None:
        self.proxy = proxy_for(base_url)
        self._how: dict[str, Any] = {}
        if base_url.startswith("https:"):
            self._how["ssl_context"] = _trust()
        self.manager(Event())  # which looks at the proxy's URL

    def manager(self, connecting: Event) -> PoolManager:
        """What asks the server; ``connecting`` is set while its connection doesn't stand yet."""
        made = _through(self.proxy, self._how) if self.proxy else PoolManager(**self._how)
        pools = made.pool_classes_by_scheme.items()
        made.pool_classes_by_scheme = {name: _watched(pool, connecting) for name, pool in pools}
        return made


def proxy_for(base_url: str) -> Proxy | None:
    """The proxy that the environment names for a server, if there is one."""
    parts, proxies = urlsplit(base_url), getproxies()
    key = parts.scheme if parts.scheme in proxies else "all"
    networks = (*_HERE, *proxies.get("no", "").split(","))
    host = parts.hostname or ""
    if (
        key not in proxies
        or f".{host}".endswith(".localhost")
        or any(_within(host, network.strip()) for network in networks)
        or proxy_bypass(parts.netloc)
    ):
        return None
    url = proxies[key]
    return Proxy(f"{key.upper()}_PROXY", url if "://" in url else f"http://{url}")


def _within(host: str, network: str) -> bool:
    """Whether a host is an address of a network such as 10.0.0.0/8."""
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def _through(proxy: Proxy, how: dict[str, Any]) -> PoolManager:
    """What asks through a proxy; raises UsageError where it is none that can be used."""
    try:
        parts = urlsplit(proxy.url)
        if not parts.hostname:
            raise ValueError
        if parts.scheme.startswith("socks"):
            return _past_socks(proxy, how)
        user = unquote(f"{parts.username}:{parts.password or ''}") if parts.username else None
        headers = make_headers(proxy_basic_auth=user)
        return ProxyManager(proxy.url, proxy_headers=headers, **how)
    except (HTTPError, ValueError):
        words = f"{proxy.variable} names no proxy: expected one like http://proxy.example:3128"
        raise UsageError(words) from None


def _past_socks(proxy: Proxy, how: dict[str, Any]) -> PoolManager:
    if not find_spec("socks"):  # urllib3 would warn in its own words
        raise UsageError(f"{proxy.variable} names a SOCKS proxy: that needs `pip install pysocks`")
    from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 (needs it, too)

    return SOCKSProxyManager(proxy.url, **how)


def _trust() -> ssl.SSLContext:
    """The certificates to trust: those that the environment names, else certifi's."""
    context = create_urllib3_context()
    named = [(name, os.environ[name]) for name in CERTIFICATES if os.environ.get(name)]
    for name, path in named or [("certifi", certifi.where())]:
        try:
            kind = "capath" if Path(path).is_dir() else "cafile"
            context.load_verify_locations(**{kind: path})
        except ssl.SSLError:
            raise UsageError(f"{name}={path}: holds no certificate") from None
        except OSError as error:
            raise UsageError(f"{name}={path}: {error.strerror}") from None
    return context


def _watched(pool: type[HTTPConnectionPool], connecting: Event) -> type[HTTPConnectionPool]:
    """A pool whose connections say when they stand, and read past hints."""

    class Connection(pool.ConnectionCls):  # type: ignore[name-defined, misc]
        response_class = _Response

        def connect(self) -> None:
            connecting.set()
            super().connect()
            connecting.clear()

    class Pool(pool):  # type: ignore[valid-type, misc]
        ConnectionCls = Connection

    return Pool


class _Response(HTTPResponse):
    """Reads past 1xx answers, such as 103 Early Hints: http.client does so past 100 only."""

    def begin(self, **how: Any) -> None:
        """Reads the status and the headers of the answer that counts."""
        super().begin(**how)
        for _ in range(_EARLY):
            if self.status >= 200:
                return
            self.headers = None  # type: ignore[assignment]
            super().begin(**how)
        raise HTTPException(f"no answer behind {_EARLY} hints")
