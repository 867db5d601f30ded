"""A steady load whose every datagram is known again: OEM's traps by number, informs by request ID."""

import selectors
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from trapline import site
from trapline.protocol.traps import PduType, Trap, Varbind
from trapline.settings import Settings
from trapline.simulate import oem, scenario
from trapline.simulate.packets import datagrams
from trapline.simulate.timeline import timeline
from trapline.snmp import encode
from trapline.snmp import load as load_credentials

_FOR_EVER = "24h"
_INFORM, _RESPONSE = b"\xa6", b"\xa2"
_COLUMN = "1.3.6.1.4.1.111.15.3.1.1"
_CODES = ("FATAL", "CRITICAL", "WARNING", "ADVISORY", "CLEAR")
INFORM_TARGETS = tuple(f"informed-{number}" for number in range(8))


class _Sender(threading.Thread):
    """Sends at `rate` a second until stopped; what is late goes out at once. `sent_at` by number, seconds since 1970."""

    def __init__(self, port: int, rate: float) -> None:
        super().__init__(daemon=True)
        self.sent_at: list[float] = []
        self.failure: BaseException | None = None
        self._rate = rate
        self._over = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))

    def run(self) -> None:
        try:
            started = time.monotonic()
            while not self._over.is_set():
                octets = self._make(len(self.sent_at))
                self._wait_until(started + len(self.sent_at) / self._rate)
                self._send(octets)
        except BaseException as error:  # noqa: BLE001  (shown by `finish` in the test's own thread)
            self.failure = error

    def _make(self, number: int) -> bytes:
        raise NotImplementedError

    def _wait_until(self, due: float) -> None:
        left = due - time.monotonic()
        if left > 0:
            self._over.wait(left)

    def _send(self, octets: bytes) -> None:
        self.sent_at.append(time.time())
        # Refused: nobody listened for the datagram before, and this one was not sent. It has a second chance, no more.
        try:
            self._socket.send(octets)
        except ConnectionRefusedError:
            with suppress(ConnectionRefusedError):
                self._socket.send(octets)

    def finish(self) -> None:
        """Stops it, and raises what went wrong."""
        self._over.set()
        self.join(10)
        if self.failure is not None:
            raise self.failure
        self._socket.close()


class Storm(_Sender):
    """OEM's SNMPv1 traps about all targets of the site, raises and clears; the number leads the message."""

    def __init__(self, settings: Settings, rate: float, seed: int) -> None:
        super().__init__(settings.trap_port, rate)
        inventory = site.load(settings.site)
        text = f"title: Storm\nsteps: [{{at: 0s, do: storm, rate: {rate}, lasts: {_FOR_EVER}}}]\n"
        storm = scenario.parse(text, "the load", inventory)
        secret = load_credentials(settings.credentials_file).communities[0]
        self._events = timeline(storm, inventory, seed)
        self._datagram = datagrams(storm, inventory.time_zone, secret, datetime.now(UTC), 1.0)

    def _make(self, number: int) -> bytes:
        event: oem.Event = next(self._events)
        return self._datagram(msgspec.structs.replace(event, message=f"{number} {event.message}"))


class Informs(_Sender):
    """SNMPv2c informs about INFORM_TARGETS, sent once each. `answered` holds the request IDs that were acknowledged."""

    def __init__(self, settings: Settings, rate: float) -> None:
        super().__init__(settings.trap_port, rate)
        self.answered: set[int] = set()
        self._community = load_credentials(settings.credentials_file).communities[0].community
        self._expected: dict[bytes, int] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)

    def _make(self, number: int) -> bytes:
        place, round_ = number % len(INFORM_TARGETS), number // len(INFORM_TARGETS)
        columns = {
            3: inform_text(number),
            6: _CODES[(place + round_) % len(_CODES)],
            13: "Target Availability",
            21: INFORM_TARGETS[place],
            23: "host",
            42: f"{place:032X}",
        }
        octets = encode.v2c_notification(
            self._community,
            trap_oid=f"{oem.ENTERPRISE}.0.{oem.EVENT}",
            uptime_ticks=number,
            request_id=number,
            varbinds=[Varbind(oid=f"{_COLUMN}.{n}.1", syntax="OCTET STRING", value=v) for n, v in columns.items()],
            pdu_type=PduType.INFORM,
        )
        # A Response repeats everything but the tag of the PDU (RFC 3416 section 4.2.7), which follows the community.
        at = octets.index(self._community) + len(self._community)
        assert octets[at : at + 1] == _INFORM
        self._expected[octets[:at] + _RESPONSE + octets[at + 1 :]] = number
        return octets

    def _wait_until(self, due: float) -> None:
        while (left := due - time.monotonic()) > 0:
            if self._selector.select(left):
                self._take_answer()

    def _take_answer(self) -> None:
        with suppress(ConnectionRefusedError):
            answer = self._socket.recv(65_535)
            self.answered.add(self._expected.pop(answer))


def inform_text(number: int) -> str:
    """The message of the inform with this request ID."""
    return f"inform {number}"


def number_of(trap: Trap) -> int:
    """The number of a trap of Storm."""
    message = next(each.value for each in trap.varbinds if each.oid == f"{_COLUMN}.3.1")
    return int(str(message).partition(" ")[0])
