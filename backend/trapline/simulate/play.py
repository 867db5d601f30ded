"""A scenario to a UDP socket, each datagram at its time. Here are the clock and the socket.

    play(scenario, inventory, credentials.communities[0], ("127.0.0.1", 1162))

It is a load generator too: what comes within a millisecond goes out together, and what is late goes out at once, so
that a rate is held on average up to what one core encodes. `Tally.behind_s` says when it was not.
"""

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from trapline.simulate.oem import Event
from trapline.simulate.packets import Datagrams, datagrams
from trapline.simulate.scenario import Scenario
from trapline.simulate.timeline import cleared, timeline
from trapline.site import Inventory
from trapline.snmp import Community, User

_TOGETHER_S: Final = 0.001
_REPORT_EVERY_S: Final = 0.25


@dataclass
class Stop:
    """Asks a play to end. A plain flag, because a signal handler sets it.

    An exception would come between any two lines, also between a clear and the note that it was sent; and an Event's
    lock would be waited for by its own holder.
    """

    is_wanted: bool = False


@dataclass
class Tally:
    """How it goes. `refused`: the other host said that nobody listens. `behind_s`: the latest a datagram ever was."""

    elapsed_s: float = 0.0
    sent: int = 0
    octets: int = 0
    refused: int = 0
    behind_s: float = 0.0
    interrupted: bool = False
    open_events: dict[str, Event] = field(default_factory=dict, repr=False)


def play(
    scenario: Scenario,
    inventory: Inventory,
    secret: Community | User,
    to: tuple[str, int],
    *,
    seed: int = 1,
    speed: float = 1.0,
    stop: Stop | None = None,
    on_progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Plays to the end, or until `stop` wants it: then what is open is cleared first. Raises OSError.

    A community plays as SNMPv1, a user as SNMPv3. `speed` 2 plays in half the time. `on_progress` is called about four
    times a second and at the end.
    """
    family, _, _, _, address = socket.getaddrinfo(*to, type=socket.SOCK_DGRAM)[0]
    tally, stop = Tally(), stop or Stop()
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.connect(address)
        make = datagrams(scenario, inventory.time_zone, secret, datetime.now(UTC), speed)
        clock = _Clock(stop, tally, on_progress)
        for event in timeline(scenario, inventory, seed):
            datagram = make(event)
            if not clock.wait_until(event.at_s / speed):
                tally.interrupted = True
                break
            _note(event, tally)
            _send(udp, datagram, tally)
        at_s = clock.elapsed_s() * speed
        _send_all(udp, make, [cleared(event, at_s) for event in tally.open_events.values()], tally)
        with suppress(OSError):  # an answer to the last datagram, if one came
            tally.refused += udp.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
    tally.elapsed_s = clock.elapsed_s()
    on_progress(tally)
    return tally


class _Clock:
    """Waits for the time of a datagram, and reports on the way."""

    def __init__(self, stop: Stop, tally: Tally, on_progress: Callable[[Tally], None]) -> None:
        self._stop, self._tally, self._on_progress = stop, tally, on_progress
        self._started = time.monotonic()
        self._reported_s = 0.0

    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def wait_until(self, due_s: float) -> bool:
        """False when the play shall stop."""
        while True:
            now_s = self.elapsed_s()
            if now_s - self._reported_s >= _REPORT_EVERY_S:
                self._reported_s = self._tally.elapsed_s = now_s
                self._on_progress(self._tally)
            left_s = due_s - now_s
            if left_s <= _TOGETHER_S:
                self._tally.behind_s = max(self._tally.behind_s, -left_s)
                return not self._stop.is_wanted
            time.sleep(min(left_s, _REPORT_EVERY_S))  # noqa: TID251  (the time of a datagram is what is waited for)
            if self._stop.is_wanted:
                return False


def _note(event: Event, tally: Tally) -> None:
    if event.is_clear:
        tally.open_events.pop(event.sequence_id, None)
    else:
        tally.open_events[event.sequence_id] = event


def _send_all(udp: socket.socket, make: Datagrams, events: Iterable[Event], tally: Tally) -> None:
    for event in events:
        _send(udp, make(event), tally)


def _send(udp: socket.socket, datagram: bytes, tally: Tally) -> None:
    try:
        udp.send(datagram)
    except ConnectionRefusedError:
        # The kernel hands us the answer to an earlier datagram and does not send this one: once more.
        tally.refused += 1
        with suppress(ConnectionRefusedError):
            udp.send(datagram)
    tally.sent += 1
    tally.octets += len(datagram)
