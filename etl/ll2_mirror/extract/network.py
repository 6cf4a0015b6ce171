"""Connections to any server: proxies, certificates, a deadline, retries.

Uses the environment's settings as curl does, but never a proxy for this machine itself.
"""

from __future__ import annotations

import os
import queue
import random
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.util.ssl_ import create_urllib3_context

from ll2_mirror import __version__
from ll2_mirror.clock import Clock
from ll2_mirror.errors import Faulted, UsageError
from ll2_mirror.progress import Emit

USER_AGENT = f"ll2-mirror/{__version__} (+https://pypi.org/project/ll2-mirror/)"
# Where curl, Python and requests look for trusted certificates; all that are set are used.
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
TRIES = 5  # of one request
_SOCKS = ("socks4", "socks4a", "socks5", "socks5h")
_CONNECT = 1 / 6  # of a timeout: for one address of a server
_POLL = 0.1  # seconds: a signal that comes just before a wait begins doesn't end it

CheckAddress = Callable[[str], None]  # raises for an address that must not be connected to
T = TypeVar("T")


class ServerSession(requests.Session):
    """A session with one server; raises UsageError for an unusable proxy or certificate setting.

    ``connecting`` is set until the connection is established: until then nothing was sent.
    ``check_address`` is called with each address that may be connected to, and with the actual
    one, before anything is sent; not with the addresses that a proxy connects to.
    """

    def __init__(self, base_url: str, check_address: CheckAddress | None = None) -> None:
        super().__init__()
        self.proxy = proxy_for(base_url)
        self.connecting = Event()
        self.trust_env = False  # it is read here; and passwords in .netrc are for others
        self.proxies = {"all": self.proxy.url} if self.proxy else {}
        self.headers["User-Agent"] = USER_AGENT
        trust = _trust() if base_url.startswith("https:") else None
        adapter = _Adapter(trust, self.connecting, None if self.proxy else check_address)
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: redirects are returned. Otherwise requests would read the whole body first."""


class Proxy(NamedTuple):
    """A proxy, and the environment variable that names it."""

    variable: str
    url: str

    @property
    def name(self) -> str:
        """The proxy's URL without its password."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def refused(self) -> UsageError:
        """The error to raise if the proxy requires a user and a password."""
        how = f"put them into {self.variable}, as in http://user:password@{self.name}"
        return UsageError(f"the proxy {self.name} requires a user and a password: {how}")


def proxy_for(base_url: str) -> Proxy | None:
    """The proxy that the environment names for a server, or None; raises UsageError."""
    parts = urlsplit(base_url)
    proxies = {} if _is_here(parts.hostname or "") else get_environ_proxies(base_url)
    key = parts.scheme if parts.scheme in proxies else "all"
    if key not in proxies:
        return None
    url, variable = proxies[key], f"{key.upper()}_PROXY"
    url = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(url)
        is_valid = parts.hostname and parts.port != 0 and parts.scheme in ("http", "https", *_SOCKS)
    except ValueError:
        is_valid = False
    if not is_valid:
        like = "http://proxy.example:3128"
        raise UsageError(f"{variable} is not a proxy URL: expected one like {like}")
    if parts.scheme in _SOCKS and not find_spec("socks"):
        need = "that needs `pip install pysocks`"
        raise UsageError(f"{variable} names a SOCKS proxy: {need}")
    return Proxy(variable, url)


def _is_here(host: str) -> bool:
    """Whether a host is this machine, which is never asked through a proxy."""
    try:
        address = ip_address(host)
    except ValueError:
        return f".{host}".endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _trust() -> ssl.SSLContext:
    """The trusted certificates: those that the environment names, else those of requests."""
    context = create_urllib3_context()
    named = [(name, os.environ[name]) for name in CERTIFICATES if os.environ.get(name)]
    for name, path in named or [("certifi", DEFAULT_CA_BUNDLE_PATH)]:
        try:
            kind = "capath" if Path(path).is_dir() else "cafile"
            context.load_verify_locations(**{kind: path})
        except ssl.SSLError:
            raise UsageError(f"{name}={path}: has no certificate") from None
        except OSError as error:
            raise UsageError(f"{name}={path}: {error.strerror}") from None
    return context


class _Adapter(HTTPAdapter):
    """Makes connections with our certificates, which report when they are established."""

    def __init__(
        self, trust: ssl.SSLContext | None, connecting: Event, check_address: CheckAddress | None
    ) -> None:
        self._trust = trust
        self._connecting = connecting
        self._check_address = check_address
        super().__init__()

    def build_connection_pool_key_attributes(self, *args: Any, **how: Any) -> Any:
        """The key of a connection in the pool."""
        host, tls = super().build_connection_pool_key_attributes(*args, **how)
        return host, tls | ({"ssl_context": self._trust} if self._trust else {})

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Does nothing: the context has the certificates; requests would add its own."""

    def get_connection_with_tls_context(self, *args: Any, **how: Any) -> Any:
        """The connection pool for the server, or for its proxy."""
        pool: Any = super().get_connection_with_tls_context(*args, **how)
        if "ConnectionCls" not in vars(pool):  # kept between requests
            pool.ConnectionCls = self._watched(pool.ConnectionCls)
        return pool

    def _watched(self, kind: type[HTTPConnection]) -> type[HTTPConnection]:
        """A pool's class whose connections report success and check addresses."""
        connecting, check_address = self._connecting, self._check_address

        class WatchedConnection(kind):  # type: ignore[valid-type, misc]
            def connect(self) -> None:
                connecting.set()
                super().connect()
                connecting.clear()

            def _new_conn(self) -> socket.socket:
                if check_address is None:
                    return super()._new_conn()  # type: ignore[no-any-return]
                addresses = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
                for *_, address in addresses:
                    check_address(str(address[0]))
                with ExitStack() as undo:  # the name may resolve differently the second time
                    connection: socket.socket = undo.enter_context(super()._new_conn())
                    check_address(connection.getpeername()[0])
                    undo.pop_all()
                return connection

        return WatchedConnection


def reason_of(error: BaseException) -> str:
    """The text of the innermost cause: that of requests repeats the URL and object ids."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{error.verify_message}: see SSL_CERT_FILE"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def timeouts(seconds: float) -> tuple[float, float]:
    """The timeouts for requests: to connect to each address of a server in turn, and to read.

    An address that leads nowhere, often the IPv6 one, leaves time for the next.
    """
    return seconds * _CONNECT, seconds


def outcome(work: Callable[[], T], seconds: float) -> T | BaseException:
    """The result or exception of ``work``; TimeoutError if it takes longer than the seconds.

    requests' own timeout restarts with each byte received. So another thread does the work, and
    is abandoned when the time is up.
    """
    results: queue.SimpleQueue[T | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put(work())
        except BaseException as error:  # handed to the thread that waits
            results.put(error)

    Thread(target=run, daemon=True).start()
    until = monotonic() + seconds
    while (left := until - monotonic()) > 0:
        with suppress(queue.Empty):
            return results.get(timeout=min(left, _POLL))
    return TimeoutError(f"no complete response within {seconds:g} s")


def with_retries(ask: Callable[[], T], clock: Clock, emit: Emit, tries: int = TRIES) -> T:
    """The result of ``ask``, with retries; raises its last error, or one that can't be retried.

    Our own loop: a library would take more lines for our clock, errors and events.
    """
    for tried in range(1, tries):
        try:
            return ask()
        except Faulted as error:
            if not error.again:
                raise
            # As long as the server asks for; else longer each time, with jitter.
            pause = random.uniform(0.5, 2.0 ** (tried - 1))  # noqa: S311
            pause = pause if error.after is None else error.after + 0.1
            emit("retry", why=str(error), seconds=pause)
            clock.sleep(pause)
    return ask()
