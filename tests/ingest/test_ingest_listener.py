"""On the real kernel's sockets: what waits in memory is bounded, whatever strangers send."""

import asyncio
import socket
import tracemalloc
from collections.abc import Iterator

import pytest

from trapline.ingest import listener, sockets
from trapline.ingest.listener import DRAIN, ENTRY_BYTES, Listener


@pytest.fixture
def trap_socket() -> Iterator[socket.socket]:
    (each,) = sockets.bind(("0.0.0.0",), 0)  # with destinations: the costliest over IPv4
    sockets.request_receive_buffer(each, 1 << 24)
    with each:
        yield each


@pytest.fixture
def sender(trap_socket: socket.socket) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        each.connect(("127.0.0.1", trap_socket.getsockname()[1]))
        yield each


def flood(sender: socket.socket, count: int, octets: bytes = b"") -> None:
    for _ in range(count):
        sender.send(octets)


async def until_it_pauses(listening: Listener, sender: socket.socket, octets: bytes) -> int:
    """How many wait in memory when a flood is left to the kernel."""
    listening.listen()
    async with asyncio.timeout(20):
        while listening.waiting_since_us is None or listening.is_listening:
            flood(sender, 50, octets)
            await asyncio.sleep(0)
    return len(listening.take(1 << 20))


@pytest.mark.parametrize("octets", [b"", b"x", bytes(1400)], ids=["none", "one", "1400"])
def test_datagrams_fill_memorys_share_whatever_their_size(
    trap_socket: socket.socket, sender: socket.socket, octets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = 1_000_000
    monkeypatch.setattr(listener, "QUEUE_BYTES", share)
    waiting = asyncio.run(until_it_pauses(Listener([trap_socket]), sender, octets))
    assert waiting == -(-share // (ENTRY_BYTES + len(octets)))


def test_what_is_taken_makes_room_for_as_much(
    trap_socket: socket.socket, sender: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "QUEUE_BYTES", 100 * ENTRY_BYTES)

    async def three_rounds() -> list[int]:
        each = Listener([trap_socket])
        found = []
        for _ in range(3):
            found.append(await until_it_pauses(each, sender, b""))
            each.go_on()
            assert each.is_listening
            each.pause()
        return found

    assert asyncio.run(three_rounds()) == [100, 100, 100]


@pytest.mark.parametrize("size", [0, 40, 1000])
def test_an_entry_costs_no_more_than_is_counted(trap_socket: socket.socket, sender: socket.socket, size: int) -> None:
    each, count = Listener([trap_socket]), 2000
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(count // 100):
            flood(sender, 100, bytes(size))
            asyncio.run(finish(each))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(each.take(count + 1)) == count
    assert taken / count <= ENTRY_BYTES + size


async def finish(each: Listener) -> None:
    each.finish()


def test_a_flood_does_not_keep_decoding_from_its_turn(trap_socket: socket.socket, sender: socket.socket) -> None:
    flood(sender, 3 * DRAIN)

    async def turns() -> list[int]:
        each = Listener([trap_socket])
        each.listen()
        found = []
        for _ in range(3):
            await each.arrived.wait()
            found.append(len(each.take(1 << 20)))
        each.pause()
        return found

    assert asyncio.run(turns()) == [DRAIN, DRAIN, DRAIN]


def test_the_last_look_takes_all(trap_socket: socket.socket, sender: socket.socket) -> None:
    flood(sender, 3 * DRAIN)
    each = Listener([trap_socket])
    asyncio.run(finish(each))
    assert len(each.take(1 << 20)) == 3 * DRAIN
