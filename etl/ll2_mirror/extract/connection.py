"""The way to one server: past a proxy, with certificates, over connections that say if they stand.

Takes the environment's word as curl does; but this machine is never asked through a proxy.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException, HTTPResponse
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from ll2_mirror.errors import UsageError

# Where curl, Python and requests look for certificates to trust: each that is set counts.
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_SOCKS = ("socks4", "socks4a", "socks5", "socks5h")
_HERE = ("127.0.0.0/8", "::1", "0.0.0.0", "::")  # noqa: S104 (asked, not bound)
_EARLY = 10  # hints such as 103 that may come before the answer

Met = Callable[[str], None]  # takes the address that a connection leads to


class Proxy(NamedTuple):
    """A proxy, and the variable that names it."""

    variable: str
    url: str

    @property
    def name(self) -> str:
        """The proxy for people, without its password."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def check(self) -> None:
        """Raises UsageError where it is no proxy that can be used."""
        try:
            parts = urlsplit(self.url)
            fine = parts.hostname and parts.port != 0 and parts.scheme in ("http", "https", *_SOCKS)
        except ValueError:
            fine = False
        if not fine:
            like = "http://proxy.example:3128"
            raise UsageError(f"{self.variable} names no proxy: expected one like {like}")
        if parts.scheme in _SOCKS and not find_spec("socks"):
            need = "that needs `pip install pysocks`"
            raise UsageError(f"{self.variable} names a SOCKS proxy: {need}")

    def barred(self) -> UsageError:
        """The error where it lets nobody pass who doesn't say who they are."""
        how = f"put them into {self.variable}, as in http://user:password@{self.name}"
        return UsageError(f"the proxy {self.name} wants a user and a password: {how}")


class Route:
    """How one server is reached; raises UsageError where the environment names what can't be."""

    def __init__(self, base_url: str) -> None:
        self.proxy = proxy_for(base_url)
        self._trust = _trust() if base_url.startswith("https:") else None

    def session(self, connecting: Event, met: Met | None = None) -> requests.Session:
        """What asks the server; ``connecting`` is set while its connection doesn't stand yet.

        ``met`` is called with each address that may be connected to, and with the one that was,
        before anything is sent; it may raise. Where a proxy goes is the proxy's business.
        """
        session = _Session()
        session.trust_env = False  # it is read here; and passwords in .netrc are for others
        session.proxies = {"all": self.proxy.url} if self.proxy else {}
        met = None if self.proxy else met
        session.mount("http://", _Adapter(self._trust, connecting, met))
        session.mount("https://", _Adapter(self._trust, connecting, met))
        return session


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
    proxy = Proxy(f"{key.upper()}_PROXY", url if "://" in url else f"http://{url}")
    proxy.check()
    return proxy


def _within(host: str, network: str) -> bool:
    """Whether a host is an address of a network such as 10.0.0.0/8."""
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def _trust() -> ssl.SSLContext:
    """The certificates to trust: those that the environment names, else those of requests."""
    context = create_urllib3_context()
    named = [(name, os.environ[name]) for name in CERTIFICATES if os.environ.get(name)]
    for name, path in named or [("certifi", DEFAULT_CA_BUNDLE_PATH)]:
        try:
            kind = "capath" if Path(path).is_dir() else "cafile"
            context.load_verify_locations(**{kind: path})
        except ssl.SSLError:
            raise UsageError(f"{name}={path}: holds no certificate") from None
        except OSError as error:
            raise UsageError(f"{name}={path}: {error.strerror}") from None
    return context


class _Session(requests.Session):
    """A session that reads no body behind the caller's back."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: a redirect is an answer. requests would read it whole, to be ready for the next."""


class _Adapter(HTTPAdapter):
    """Connections with our certificates, each of which says whether it stands."""

    def __init__(self, trust: ssl.SSLContext | None, connecting: Event, met: Met | None) -> None:
        self._trust = trust
        self._connecting = connecting
        self._met = met
        super().__init__()

    def build_connection_pool_key_attributes(self, *args: Any, **how: Any) -> Any:
        """What tells one connection from another."""
        host, tls = super().build_connection_pool_key_attributes(*args, **how)
        return host, tls | ({"ssl_context": self._trust} if self._trust else {})

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing: the context has the certificates; here requests would add its own."""

    def get_connection_with_tls_context(self, *args: Any, **how: Any) -> Any:
        """The connections to the server, or to its proxy."""
        pool: Any = super().get_connection_with_tls_context(*args, **how)
        if "ConnectionCls" not in vars(pool):  # it is kept from request to request
            pool.ConnectionCls = _watched(pool.ConnectionCls, self._connecting, self._met)
        return pool


def _watched(
    kind: type[HTTPConnection], connecting: Event, met: Met | None
) -> type[HTTPConnection]:
    """A kind of connections, but such that say when they stand, whom they met, and skip hints."""

    class Connection(kind):  # type: ignore[valid-type, misc]
        response_class = _Response

        def connect(self) -> None:
            connecting.set()
            super().connect()
            connecting.clear()

        def _new_conn(self) -> socket.socket:
            if met is None:
                return super()._new_conn()  # type: ignore[no-any-return]
            for *_, address in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
                met(str(address[0]))
            with ExitStack() as undo:  # a name may lead elsewhere the second time
                found: socket.socket = undo.enter_context(super()._new_conn())
                met(found.getpeername()[0])
                undo.pop_all()
            return found

    return Connection


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
