"""A request's body is bounded before anything of ours sees it. Without request_body.py each of these fails."""

import socket

import pytest

from tests.longpoll_client import LongPollClient
from tests.running_router import RunningRouter
from trapline.node import longpoll
from trapline.node.request_body import BODY_LIMIT_BYTES
from trapline.protocol import uris

pytestmark = pytest.mark.node

CHUNK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
# What the two kernels' buffers can hold of what nobody reads, generously.
IN_FLIGHT_BYTES = 16 << 20


def _post(router: RunningRouter, path: str, header: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", router.settings.web_port), 10)
    connection.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (path.encode(), header))
    return connection


PATHS = pytest.mark.parametrize("path", ["/lp/open", "/lp/nobody/send", "/", "/ws"])


@PATHS
def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(router: RunningRouter, path: str) -> None:
    with _post(router, path, b"Content-Length: %d" % (BODY_LIMIT_BYTES + 1)) as connection:
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")


@PATHS
def test_a_chunked_body_without_end_is_cut(router: RunningRouter, path: str) -> None:
    sent = 0
    with _post(router, path, b"Transfer-Encoding: chunked") as connection:
        try:
            while sent < 2 * IN_FLIGHT_BYTES:
                connection.sendall(CHUNK)
                sent += len(CHUNK)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert sent < IN_FLIGHT_BYTES


def test_a_chunked_body_that_is_complete_in_the_octets_that_make_it_too_large_is_not_served(
    router: RunningRouter,
) -> None:
    small = b"100\r\n" + b"x" * 0x100 + b"\r\n"
    with _post(router, "/lp/open", b"Transfer-Encoding: chunked") as connection:
        connection.sendall(small * (BODY_LIMIT_BYTES // 0x100))
        connection.sendall(small + b"0\r\n\r\n")
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_the_largest_message_still_passes(router: RunningRouter) -> None:
    with LongPollClient(router.settings.web_port) as browser:
        call = b'[48, 1, {}, "%s"]' % uris.GRID_GET.encode()
        padding = b" " * (longpoll.SEND_LIMIT_BYTES - len(call) - 1)
        assert browser.post(f"{browser.id}/send", call + padding + b"\x18")[0] == 204
        assert browser.receive()[0] == 8
