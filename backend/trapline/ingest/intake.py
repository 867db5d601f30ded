"""A datagram becomes a record with its key, or is refused with a reason. Decides only: no socket, no clock, no file.

- The key is the source address, and for v3 the sender's engine ID behind a slash: law 2's order is per sender.
- `received_at` is the wall clock at receipt, as it was; the order is in the trap_id.
- An inform's answer is made when it is due: its time is then.
- A repeated inform is no second record (`informs`). An exact repeat of a v3 message to our engine, which USM refuses,
  is looked at once more: it was authenticated again just now, and is answered if it is an inform that we remember.
- An engine discovery is a question and no notification: answered, and counted nowhere.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from trapline.ingest.blind import BlindLog
from trapline.ingest.canary import Canary
from trapline.ingest.counts import REPEATED_INFORM, Counts
from trapline.ingest.informs import Inform, Informs
from trapline.ingest.segment import Entry
from trapline.ingest.trap_id import TrapIds
from trapline.protocol.errors import DatagramError
from trapline.snmp import Notification, Security, decode, report, respond
from trapline.snmp.usm import RefusedMessage

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Accepted(NamedTuple):
    """`inform` is to be settled when the entry is safe, or lost."""

    entry: Entry
    inform: Inform | None


class Refusal(NamedTuple):
    """`reason` is None for a question (engine discovery). `reply` is to be sent back now."""

    reason: str | None
    reply: bytes | None


class Intake:
    """One for all sockets."""

    def __init__(self, security: Security, ids: TrapIds, canary: Canary, blind: BlindLog, counts: Counts) -> None:
        self._security = security
        self._ids = ids
        self._canary = canary
        self._blind = blind
        self._counts = counts
        self._informs = Informs()

    def take(self, datagram: bytes, source_addr: str, source_port: int, received_us: int) -> Accepted | Refusal:
        """What becomes of a datagram received at `received_us` (microseconds since 1970)."""
        now = received_us / 1e6
        counts = self._counts
        try:
            notification, known = self._open(datagram, source_addr, source_port, now)
            if known is not None:
                counts.received += 1
                return Refusal(REPEATED_INFORM, None if known.waiting else respond(notification, self._security, now))
            received_at = _EPOCH + timedelta(microseconds=received_us)
            trap_id = self._ids.mint(received_us)
            record = notification.to_json(trap_id, received_at, source_addr, source_port)
            is_canary = self._canary.is_claimed_by(notification)
            if is_canary:
                self._blind.told(self._canary.check(notification, record))
        except DatagramError as error:
            is_question = isinstance(error, RefusedMessage) and not error.header.engine_id
            counts.received += not is_question
            return Refusal(None if is_question else error.reason, report(error, self._security, now))
        if not is_canary:
            counts.received += 1
            counts.accepted += 1
        key = source_addr if notification.engine_id is None else f"{source_addr}/{notification.engine_id}"
        inform = self._informs.add(notification, source_addr, source_port, now) if notification.is_inform else None
        return Accepted(Entry(key, record, is_canary), inform)

    def settle(self, inform: Inform, now: float, *, is_safe: bool) -> bytes | None:
        """The answer to an accepted inform, whose record is safe; None when it is lost."""
        notification = self._informs.settle(inform, is_safe=is_safe)
        return respond(notification, self._security, now) if notification else None

    def _open(
        self, datagram: bytes, source_addr: str, source_port: int, now: float
    ) -> tuple[Notification, Inform | None]:
        """A notification, and the inform that it repeats."""
        replay: RefusedMessage | None = None
        try:
            notification = decode(datagram, self._security, now)
        except RefusedMessage as error:
            if error.reason != "replayed" or error.header.engine_id != self._security.local_engine.engine_id:
                raise
            replay, notification = error, decode(datagram, self._security, now, may_repeat=True)
        known = self._informs.find(notification, source_addr, source_port, now) if notification.is_inform else None
        if replay is not None and known is None:
            raise replay
        return notification, known
