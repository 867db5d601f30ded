"""One subscriber that closes or stops reading harms nobody. Without hardening.py each of these fails."""

import socket
from collections.abc import Callable

import pytest
from autobahn.exception import Disconnected

from tests.backend_client import BackendClient
from tests.foreign_client import ForeignClient
from tests.running_router import RunningRouter
from trapline.node import hardening
from trapline.protocol import uris

pytestmark = pytest.mark.node

LARGE = "x" * 100_000


class SleepyClient(ForeignClient):
    """Subscribes and then reads nothing."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.subscribe(uris.GRID_CHANGED)

    def say_close(self) -> None:
        """The WebSocket's close frame; the socket stays open, unread."""
        self._frame(0x8, b"\x03\xe8")

    def is_cut(self) -> bool:
        """Reads what is there, to the end of the connection."""
        try:
            while self._socket.recv(1 << 20):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True


def _publish_and_compare(
    router: RunningRouter, good: list[ForeignClient], count: int, each: Callable[[int], None]
) -> None:
    with BackendClient(router.settings) as stage:
        for number in range(count):
            stage.publish(uris.GRID_CHANGED, [number, LARGE])
            each(number)
            for client in good:
                assert client.next_event()[1][0] == number


def test_a_subscriber_that_does_not_read_is_cut_and_the_others_miss_nothing(router: RunningRouter) -> None:
    sleepy = SleepyClient(router.settings.web_port)
    good = [ForeignClient(router.settings.web_port) for _ in range(3)]
    for client in good:
        client.subscribe(uris.GRID_CHANGED)
    _publish_and_compare(router, good, 2 * hardening.QUEUE_LIMIT_BYTES // len(LARGE) + 60, lambda _number: None)
    assert sleepy.is_cut()
    for client in good:
        client.close()


def test_a_subscriber_in_the_middle_of_closing_takes_nobodys_events(router: RunningRouter) -> None:
    sleepers = [SleepyClient(router.settings.web_port) for _ in range(4)]
    good = [ForeignClient(router.settings.web_port) for _ in range(4)]
    for client in good:
        client.subscribe(uris.GRID_CHANGED)

    def close_them(number: int) -> None:
        if number == 25:  # their sockets are full by now: they stay half closed
            for sleeper in sleepers:
                sleeper.say_close()

    _publish_and_compare(router, good, 45, close_them)
    for client in (*good, *sleepers):
        client.close()


class _Connection:
    def __init__(self, queued: int) -> None:
        self.dataBuffer = b"x" * queued
        self.offset = 0
        self._tempDataLen = 0
        self.aborts = 0

    def abortConnection(self) -> None:
        self.aborts += 1


class _Session:
    def __init__(self, connection: object) -> None:
        self._transport = type("Transport", (), {"transport": connection})()


@pytest.mark.parametrize(("queued", "aborts"), [(10, 0), (11, 1)], ids=["at-the-limit", "past-it"])
def test_the_limit_is_what_it_says(queued: int, aborts: int) -> None:
    connection = _Connection(queued)
    hardening.guarded(lambda *_: None, 10)(None, _Session(connection), None)
    assert connection.aborts == aborts


def test_a_receiver_that_is_gone_is_no_error_of_the_dispatch() -> None:
    def send(*_: object) -> None:
        raise Disconnected("closing")

    connection = _Connection(0)
    hardening.guarded(send, 10)(None, _Session(connection), None)
    assert connection.aborts == 1


def test_an_error_of_ours_is_not_swallowed() -> None:
    def send(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hardening.guarded(send, 10)(None, _Session(None), None)
