"""What lies between this machine and LL2: proxies, certificates, a network that isn't there.

Whatever of it is wrong is told in one line, and what never reached LL2 costs no budget.
"""

from __future__ import annotations

import base64
import shutil
import socket
import ssl

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from helpers import FIXTURES
from ll2_mirror.testing import fake_ll2
from ll2_mirror.testing.fake_ll2 import FakeLL2, answering, bundled
from static_server import site

HTTP, HTTPS = "http://ll2.test", "https://ll2.test"
USER = "jane:pa%3Ass"
CA = FIXTURES / "tls" / "ca.pem"
CA_HASH = "0fc680dc.0"  # as openssl names it in a folder of certificates


class Door(fake_ll2.FakeHandler):
    """A proxy that lets pass who knows the password; it has no way to a TLS server."""

    server: Proxy

    def do_GET(self) -> None:  # noqa: N802
        if self.barred():
            return
        super().do_GET()

    def do_CONNECT(self) -> None:  # noqa: N802
        self.server.log.append((self.path, dict(self.headers)))
        if not self.barred():
            self.send_error(self.server.tunnel)

    def barred(self) -> bool:
        word = "Basic " + base64.b64encode(b"jane:pa:ss").decode()
        free = self.server.open or self.server.free in self.path
        if free or self.headers.get("Proxy-Authorization") == word:
            return False
        self.send_error(407)
        return True


class Proxy(FakeLL2):
    def __init__(self) -> None:
        super().__init__(bundled())
        self.RequestHandlerClass = Door
        self.open, self.free = False, "nothing"
        self.tunnel = 502

    def url(self, user: str = "") -> str:
        return self.base_url.replace("//", f"//{user}@" if user else "//")


@pytest.fixture
def proxy():
    with answering(Proxy()) as proxy:
        yield proxy


@pytest.fixture
def closed():
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def assert_ends(done, code, *words):
    """One line of ours says why."""
    assert done.code == code, done.err
    [line] = done.err.splitlines()
    assert line.startswith("ll2-mirror: ")
    for word in words:
        assert word in line, line
    assert "pa:ss" not in line
    assert USER not in line


# Proxies


@pytest.mark.parametrize("base_url", [HTTP, HTTPS])
def test_a_proxy_that_wants_a_password_costs_no_budget(db, run, bare, proxy, counted, base_url):
    bare("http_proxy", proxy.url())
    bare("https_proxy", proxy.url())
    wants = f"the proxy {proxy.url()[7:]} requires a user and a password: put them into HTTP"
    assert_ends(run("sync", db, "--base-url", base_url), 2, wants)
    assert len(proxy.log) <= 1  # an http request isn't logged before it is let in
    assert counted() == 0
    assert_ends(run("plan", db, "--base-url", base_url), 2, wants)


def test_a_proxy_that_lets_nobody_pass_any_more_costs_no_budget(db, run, bare, proxy, counted):
    """It let pass what asks for the limit, but no page."""
    bare("http_proxy", proxy.url())
    proxy.free = "api-throttle"
    assert_ends(run("sync", db, "--base-url", HTTP), 2, "requires a user and a password")
    assert len(proxy.log) == 1
    assert counted() == 0


def test_a_password_opens_a_proxy_and_is_shown_to_nobody_else(db, run, bare, proxy, counted):
    bare("http_proxy", proxy.url(USER))
    done = run("sync", db, "--base-url", HTTP, "--json")
    assert (done.code, done.json["records"]) == (0, 21)
    assert counted() == 1
    assert proxy.log[-1][0].startswith(f"{HTTP}/2.3.0/spacecraft/?")
    assert b"pa:ss" not in db.read_bytes()


def test_a_proxy_that_is_down_is_named_without_its_password(db, run, bare, closed, counted):
    bare("all_proxy", f"{USER}@{closed}")
    through = f"can't be reached through the proxy {closed}: Connection refused"
    assert_ends(run("sync", db, "--base-url", HTTPS), 69, through)
    assert counted() == 0


@pytest.mark.parametrize("status", [403, 502])
def test_a_proxy_that_finds_no_way_to_ll2_costs_no_budget(db, run, bare, proxy, counted, status):
    proxy.open, proxy.tunnel = True, status
    bare("https_proxy", proxy.url())
    done = run("sync", db, "--base-url", HTTPS)
    assert_ends(done, 69, "through the proxy", f"Tunnel connection failed: {status}")
    assert counted() == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("socks5h://127.0.0.1:1", "names a SOCKS proxy: that needs `pip install pysocks`"),
        ("ftp://proxy.example", "is not a proxy URL: expected one like http://proxy.example:3128"),
        ("http://proxy.example:99999", "is not a proxy URL"),
        ("http://", "is not a proxy URL"),
        (f"http://{USER}@[x", "is not a proxy URL"),
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_used_is_a_setting_to_change(db, run, bare, variable, url, words):
    bare(variable, url)
    for name in "sync", "plan":
        assert_ends(run(name, db, "--base-url", HTTPS), 2, f"{variable} {words}")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_this_machine_is_never_asked_through_a_proxy(db, run, bare, upstream, closed, host):
    bare("http_proxy", f"http://{closed}")
    bare("all_proxy", f"http://{closed}")
    done = run("sync", db, "--base-url", upstream.base_url.replace("127.0.0.1", host))
    assert done.code == 0, done.err


@pytest.mark.parametrize("host", ["[::1]", "127.8.8.8", "ll2.localhost"])
def test_no_other_name_of_this_machine_is_either(db, run, bare, closed, host):
    bare("http_proxy", f"http://{closed}")
    done = run("sync", db, "--base-url", f"http://{host}:{closed.split(':')[1]}")
    assert_ends(done, 69, "can't be reached: ")


def test_the_demo_asks_no_proxy(tmp_path, run, bare, closed):
    bare("http_proxy", f"http://{closed}")
    assert run("demo", tmp_path).code == 0


@pytest.mark.parametrize(
    ("base_url", "exempt"),
    [
        (HTTP, "ll2.test"),
        (HTTP, "example.org, .test"),
        (HTTP, "*"),
        ("http://203.0.113.9", "203.0.113.0/24"),
        ("http://203.0.113.9:81", "10.0.0.0/8,203.0.113.9"),
    ],
)
def test_what_no_proxy_names_is_asked_without(db, run, bare, closed, base_url, exempt):
    bare("http_proxy", f"http://{closed}")
    bare("no_proxy", exempt)
    done = run("sync", db, "--base-url", base_url, "--timeout", "0.1")
    assert_ends(done, 69, f"{base_url}/2.3.0/")
    assert "through the proxy" not in done.err
    bare("no_proxy", "other.test, 10.0.0.0/8, nonsense/x")
    done = run("sync", db, "--base-url", base_url, "--timeout", "0.1")
    assert_ends(done, 69, "can't be reached through the proxy")


# A network that isn't there


def test_a_name_that_nobody_knows_costs_no_budget(db, run, bare, counted):
    done = run("sync", db, "--base-url", "https://nowhere.invalid", "--max-requests", 1)
    assert_ends(done, 69, "can't be reached: ")
    assert counted() == 0


def test_a_refused_connection_costs_no_budget(db, run, upstream, closed, counted):
    """The next runs are not told that a limit is reached."""
    for _ in range(4):
        done = run("sync", db, "--base-url", f"http://{closed}")
        assert_ends(done, 69, "can't be reached: Connection refused")
    assert counted() == 0
    assert run("sync", db, "--base-url", upstream.base_url).code == 0


def test_a_connection_that_never_stands_costs_no_budget(db, run, bare, counted):
    """The port is open, but nobody answers the TLS handshake."""
    with socket.create_server(("127.0.0.1", 0), backlog=20) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        done = run("sync", db, "--base-url", url, "--timeout", "0.1")
    assert_ends(done, 69, "can't be reached")
    assert counted() == 0


@pytest.mark.parametrize("command", ["sync", "pull"])
def test_an_address_that_leads_nowhere_leaves_time_for_the_next(
    synced, run, bare, upstream, monkeypatch, tmp_path, command
):
    """As where a network has IPv6 addresses, but no way out for them."""
    out, resolve = tmp_path / "out", socket.getaddrinfo
    assert run("publish", synced, out).code == 0

    def getaddrinfo(host, *rest, **how):
        hosts = ("127.0.0.2", "127.0.0.1") if host == "two.example" else (host,)
        return [found for one in hosts for found in resolve(one, *rest, **how)]

    with site(out) as server:
        port = {"sync": upstream, "pull": server}[command].server_address[1]
        with (
            socket.create_server(("127.0.0.2", port), backlog=0) as dead,
            socket.create_connection(dead.getsockname()),  # with that it is full
        ):
            monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
            url = f"http://two.example:{port}"
            arguments = [synced, "--base-url", url] if command == "sync" else [url, synced]
            done = run(command, *arguments, "--timeout", "3")
    assert (done.code, done.err) == (0, "")


# Certificates


class Secure(FakeLL2):
    def __init__(self) -> None:
        super().__init__(bundled())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(FIXTURES / "tls" / "server.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def base_url(self) -> str:
        return super().base_url.replace("http:", "https:")


@pytest.fixture
def secure():
    with answering(Secure()) as server:
        yield server


@pytest.mark.parametrize(
    "variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"]
)
def test_certificates_that_the_environment_names_are_trusted(
    db, run, bare, secure, tmp_path, variable
):
    folder = tmp_path / "certificates"
    folder.mkdir()
    shutil.copy(CA, folder / CA_HASH)
    bare(variable, str(folder if variable == "SSL_CERT_DIR" else CA))
    done = run("sync", db, "--base-url", secure.base_url, "--json")
    assert (done.code, done.json["records"]) == (0, 21), done.err


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(db, run, bare, secure, counted):
    done = run("sync", db, "--base-url", secure.base_url)
    assert_ends(
        done, 69, "can't be reached: unable to get local issuer certificate", "SSL_CERT_FILE"
    )
    assert counted() == 0
    assert secure.log == []


def test_certificates_that_the_environment_names_are_trusted_alone(
    db, run, bare, secure, monkeypatch
):
    """Not those that requests would trust, which here would do."""
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(CA))
    bare("SSL_CERT_FILE", DEFAULT_CA_BUNDLE_PATH)
    done = run("sync", db, "--base-url", secure.base_url)
    assert_ends(done, 69, "unable to get local issuer certificate")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_file_that_is_not_there_is_a_setting_to_change(
    db, run, bare, upstream, tmp_path, variable
):
    bare(variable, str(tmp_path / "nowhere.pem"))
    for name in "sync", "plan":
        done = run(name, db, "--base-url", HTTPS)
        assert_ends(done, 2, f"{variable}={tmp_path}/nowhere.pem: No such file or directory")
    assert run("sync", db, "--base-url", upstream.base_url).code == 0  # which needs none


def test_a_certificate_file_without_certificates_is_a_setting_to_change(db, run, bare, tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    bare("SSL_CERT_FILE", str(empty))
    assert_ends(run("sync", db, "--base-url", HTTPS), 2, f"SSL_CERT_FILE={empty}: has no cert")


def test_http_where_tls_is_expected_is_said(db, run, bare, upstream, counted):
    done = run("sync", db, "--base-url", upstream.base_url.replace("http:", "https:"))
    assert done.code == 69
    assert counted() == 0
