"""A datagram becomes a record with its key, or is refused with a reason. Decides only: no socket, no clock, no file.

- The key is the source address, and for v3 the sender's engine ID behind a slash: law 2's order is per sender.
- `received_at` is the wall clock at receipt, as it was; the order is in the trap_id.
- An inform's answer is made when it is due: its time is then.
- An engine discovery is a question and no notification: answered, and counted nowhere.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from trapline.ingest.blind import BlindLog
from trapline.ingest.canary import Canary
from trapline.ingest.counts import Counts
from trapline.ingest.segment import Entry
from trapline.ingest.trap_id import TrapIds
from trapline.protocol.errors import DatagramError
from trapline.snmp import Notification, Security, decode, report
from trapline.snmp.usm import RefusedMessage

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Accepted(NamedTuple):
    """`inform` is to be answered when the entry is safe."""

    entry: Entry
    inform: Notification | None


class Refusal(NamedTuple):
    """`reason` is None for a question (engine discovery). `report` is to be sent back now."""

    reason: str | None
    report: bytes | None


class Intake:
    """One for all sockets."""

    def __init__(self, security: Security, ids: TrapIds, canary: Canary, blind: BlindLog, counts: Counts) -> None:
        self._security = security
        self._ids = ids
        self._canary = canary
        self._blind = blind
        self._counts = counts

    def take(self, datagram: bytes, source_addr: str, source_port: int, received_us: int) -> Accepted | Refusal:
        """What becomes of a datagram received at `received_us` (microseconds since 1970)."""
        now = received_us / 1e6
        counts = self._counts
        try:
            notification = decode(datagram, self._security, now)
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
        return Accepted(Entry(key, record, is_canary), notification if notification.is_inform else None)
