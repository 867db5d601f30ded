"""One subscriber that closes or stops reading harms nobody. Without hardening.py each of these fails."""

import json
import socket
from collections.abc import Callable

import pytest
from autobahn.exception import Disconnected

from tests.backend_client import BackendClient
from tests.foreign_client import ForeignClient
from tests.running_node import wait_until
from tests.running_router import RunningRouter
from trapline.node import hardening
from trapline.protocol import uris

pytestmark = pytest.mark.node

LARGE = "x" * 100_000
_TCP_CLOSE = 7  # <netinet/tcp.h>


@pytest.fixture
def patient(own_router: RunningRouter) -> RunningRouter:
    """A router without WebSocket pings: they too would cut who does not read, but only after many seconds."""
    path = own_router.settings.home / "node" / "config.json"
    own_router.stop()
    config = json.loads(path.read_text())
    config["workers"][0]["transports"][2]["paths"]["ws"]["options"]["auto_ping_interval"] = 0
    path.write_text(json.dumps(config))
    return own_router.start()


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
        """True when the other side has reset the connection (tcp(7): TCP_INFO begins with the state)."""
        return self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _TCP_CLOSE


def _publish_and_compare(
    router: RunningRouter, good: list[ForeignClient], count: int, each: Callable[[int], None]
) -> None:
    with BackendClient(router.settings) as stage:
        for number in range(count):
            stage.publish(uris.GRID_CHANGED, [number, LARGE])
            each(number)
            for client in good:
                assert client.next_event()[1][0] == number


def test_a_subscriber_that_does_not_read_is_cut_and_the_others_miss_nothing(patient: RunningRouter) -> None:
    sleepy = SleepyClient(patient.settings.web_port)
    good = [ForeignClient(patient.settings.web_port) for _ in range(3)]
    for client in good:
        client.subscribe(uris.GRID_CHANGED)
    published = 5 * hardening.QUEUE_LIMIT_BYTES
    _publish_and_compare(patient, good, published // len(LARGE), lambda _number: None)
    # Without a limit the router would have kept all that the kernel's buffers do not hold.
    wait_until(sleepy.is_cut, 10, "the one that does not read is cut")
    for client in good:
        client.close()


def test_a_subscriber_in_the_middle_of_closing_takes_nobodys_events(patient: RunningRouter) -> None:
    sleepers = [SleepyClient(patient.settings.web_port) for _ in range(4)]
    good = [ForeignClient(patient.settings.web_port) for _ in range(4)]
    for client in good:
        client.subscribe(uris.GRID_CHANGED)

    def close_them(number: int) -> None:
        if number == 45:  # their sockets are full by now: they stay half closed
            for sleeper in sleepers:
                sleeper.say_close()

    _publish_and_compare(patient, good, 60, close_them)
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
