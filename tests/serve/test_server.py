"""How serve ends: by either signal, in seconds, whoever is still there."""

from __future__ import annotations

import signal
import socket
import sys
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import requests

from serving import LIST, serving


@pytest.mark.parametrize(
    ("end", "within"),
    [(signal.SIGINT, ()), (signal.SIGTERM, ["bash", "-c", 'exec "$@" >&-', "bash"])],
    ids=["Ctrl-C", "SIGTERM, without stdout"],
)
def test_it_ends_with_0_when_it_is_told_to(synced, end, within):
    with serving(synced, end=end, within=within) as (_, url):
        assert requests.get(f"{url}{LIST}", timeout=20).status_code == 200


def test_a_body_that_is_no_http_is_refused_without_a_word_in_the_log(synced):
    with serving(synced) as (_, url):
        assert requests.get(f"{url}{LIST}", timeout=20).status_code == 200
        place = urlsplit(url)
        with socket.create_connection((place.hostname, place.port), timeout=20) as conn:
            head = f"GET {LIST} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            conn.sendall(head.encode() + b"zz\r\n")
            assert b"".join(iter(lambda: conn.recv(65536), b"")).startswith(b"HTTP/1.1 400 ")


def test_a_client_that_offers_http_2_is_answered_without_a_word_in_the_log(synced):
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMA"}
    with serving(synced) as (_, url):
        assert requests.get(f"{url}{LIST}", headers=offer, timeout=20).json()["count"] == 21
        assert requests.get(url, headers=offer, timeout=20).status_code == 200


IMPATIENT = (
    "import sys; from ll2_mirror.serve import server; server._REQUEST_SECONDS = 0.2;"
    " del sys.argv[0]; from ll2_mirror.cli.main import main; main()"
)


def test_who_sends_no_whole_request_in_time_is_closed(synced):
    beginnings = (
        b"",
        b"GET /2.3.0/ HT",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n",
    )
    with serving(synced, within=[sys.executable, "-c", IMPATIENT]) as (_, url):
        place = urlsplit(url)
        for beginning in beginnings:
            with socket.create_connection((place.hostname, place.port), timeout=20) as conn:
                conn.sendall(beginning)
                assert b"".join(iter(lambda: conn.recv(65536), b""))[:9] in (b"", b"HTTP/1.1 ")
        with requests.Session() as session:
            for _ in range(3):
                assert session.get(f"{url}{LIST}", timeout=20).status_code == 200
                time.sleep(0.15)


def test_too_many_connections_are_told_in_one_line(synced):
    few = ["bash", "-c", 'ulimit -n 40; exec "$@"', "bash"]
    with ExitStack() as stack, serving(synced, within=few) as (server, url):
        place = urlsplit(url)
        for _ in range(60):
            stack.enter_context(socket.create_connection((place.hostname, place.port), timeout=20))
        lines = iter(server.stderr.readline, "")
        assert any(line == "can't accept a connection: Too many open files\n" for line in lines)
        stack.close()
        assert requests.get(f"{url}{LIST}", timeout=20).status_code == 200


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_one_who_does_not_read_does_not_keep_it(synced, end):
    with serving(synced, end=end) as (server, url):
        place = urlsplit(url)
        with socket.create_connection((place.hostname, place.port), timeout=20) as conn:
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line = f"GET {LIST}?limit=100&format=api HTTP/1.1\r\nHost: h\r\n\r\n"
            conn.sendall(line.encode() * 200)
            # The server has answered some, and waits for this one to read.
            assert requests.get(f"{url}{LIST}", timeout=20).status_code == 200
            server.send_signal(end)
            assert server.wait(timeout=60) == 0
