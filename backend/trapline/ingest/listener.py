"""Drain first: whatever the sockets hold goes into memory at once, to be decoded after.

- The loop looks at the sockets between two slices of decoding, so a burst waits here and not in the kernel.
- When memory's share is full the kernel queues again; what it has no room for it drops and counts. So there is one
  place where datagrams are lost, and one counter.
"""

import asyncio
import socket
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final, NamedTuple

from trapline.ingest import sockets

QUEUE_BYTES: Final = 64 << 20
ENTRY_BYTES: Final = 600
"""What a datagram costs beyond its octets: objects and queue, measured at 334 to 497 over IPv4; IPv6's addresses are
longer. Were it not counted, strangers who send datagrams of no octets would fill all memory."""
DRAIN: Final = 1024
"""Datagrams taken from a socket before decoding has its turn: a flood comes as fast as it can be taken."""
_MAX_DATAGRAM: Final = 65_535


class Datagram(NamedTuple):
    """As it came: `received_us` is wall clock in microseconds since 1970, `address` what `sendmsg` wants.

    `control` says to which of our addresses it came, where the socket has more than one.
    """

    octets: bytes
    address: Any
    listening: socket.socket
    received_us: int
    control: list[sockets.Control]

    def reply(self, octets: bytes) -> None:
        """Sends an answer back, from the address it came to: senders take it from no other."""
        with suppress(OSError):  # whoever wants it asks again; that is what informs are for
            self.listening.sendmsg([octets], sockets.from_where_it_came(self.control), 0, self.address)


class Listener:
    """Of all trap sockets. `arrived` is set while datagrams wait in memory."""

    def __init__(self, listening: list[socket.socket]) -> None:
        self.sockets = listening
        self.arrived = asyncio.Event()
        self._queue: deque[Datagram] = deque()
        self._size = 0
        self.is_listening = False
        self._paused_us: int | None = None

    def listen(self) -> None:
        """Begins, or goes on."""
        loop = asyncio.get_running_loop()
        for each in self.sockets:
            loop.add_reader(each, self._drain, each)
        self.is_listening = True
        self._paused_us = None

    def pause(self) -> None:
        """Leaves the datagrams to the kernel."""
        loop = asyncio.get_running_loop()
        for each in self.sockets:
            loop.remove_reader(each)
        if self.is_listening:  # what lies in the kernel may be as old as the first pause
            self._paused_us = time.time_ns() // 1000
        self.is_listening = False

    def finish(self) -> None:
        """A last look at the sockets: all they hold and memory's share allows; what comes later is the kernel's."""
        self.pause()
        for each in self.sockets:
            self._drain(each, QUEUE_BYTES // ENTRY_BYTES)

    @property
    def waiting_since_us(self) -> int | None:
        """What came before was taken; None: all that came. Wall clock in microseconds since 1970."""
        return self._queue[0].received_us if self._queue else self._paused_us

    def take(self, limit: int) -> list[Datagram]:
        """The oldest that wait."""
        queue = self._queue
        taken = [queue.popleft() for _ in range(min(limit, len(queue)))]
        self._size -= sum(len(each.octets) for each in taken) + ENTRY_BYTES * len(taken)
        if not queue:
            self.arrived.clear()
        return taken

    def go_on(self) -> None:
        """Listens again once there is room."""
        if not self.is_listening and self._size < QUEUE_BYTES // 2:
            self.listen()

    def drops(self) -> dict[str, int]:
        """The kernel's counters of drops, by the sockets' identities."""
        return {sockets.identity(each): sockets.kernel_drops(each) for each in self.sockets}

    def _drain(self, listening: socket.socket, most: int = DRAIN) -> None:
        receive, add, clock = listening.recvmsg, self._queue.append, time.time_ns
        size = self._size
        with suppress(BlockingIOError):
            for _ in range(most):
                if size >= QUEUE_BYTES:
                    break
                octets, control, _, address = receive(_MAX_DATAGRAM, sockets.CONTROL_BYTES)
                add(Datagram(octets, address, listening, clock() // 1000, control))
                size += len(octets) + ENTRY_BYTES
        self._size = size
        if size >= QUEUE_BYTES:
            self.pause()
        self.arrived.set()
