"""A datagram becomes a record with its key, or is refused with a reason. Decides only: no socket, no clock, no file.

- The key is the source address, and for v3 the sender's engine ID behind a slash: law 2's order is per sender.
- `received_at` is the wall clock at receipt, as it was; the order is in the trap_id.
- An inform's answer is made when it is due: its time is then.
- A repeated inform is no second record (`informs`). An exact repeat of a v3 message to our engine, which USM refuses,
  is looked at once more: it was authenticated again just now, and is answered if it is an inform that we remember.
- A trap of an unknown v3 sender is held (`held`) until somebody knows it, as long as there is room; not one in which a
  proxy repeats a community for all to read (law 9).
- An engine discovery is a question and no notification: answered, and counted nowhere.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from trapline.ingest.blind import BlindLog
from trapline.ingest.canary import Canary
from trapline.ingest.counts import HELD_OVER_LIMIT, REPEATED_INFORM, Counts
from trapline.ingest.held import HeldSenders, sender_key
from trapline.ingest.informs import Inform, Informs
from trapline.ingest.segment import Entry
from trapline.ingest.trap_id import TrapIds
from trapline.protocol import codec
from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import Held
from trapline.snmp import Notification, Security, UnknownSender, decode, report, respond
from trapline.snmp.usm import RefusedMessage

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_USER_OCTETS: Final = 32  # RFC 3414 section 5, usmUserName
_COMMUNITY_OID: Final = bytes.fromhex("2b06010603120104")  # snmpTrapCommunity, in BER


class Accepted(NamedTuple):
    """`inform` is to be settled when the entry is safe, or lost. `held`: why it is no trap yet."""

    entry: Entry
    inform: Inform | None
    held: str | None = None


class Refusal(NamedTuple):
    """`reason` is None for a question (engine discovery). `reply` is to be sent back now."""

    reason: str | None
    reply: bytes | None


class Intake:
    """One for all sockets."""

    def __init__(
        self,
        security: Security,
        ids: TrapIds,
        canary: Canary,
        blind: BlindLog,
        counts: Counts,
        *,
        held: HeldSenders,
    ) -> None:
        self._security = security
        self._ids = ids
        self._canary = canary
        self._blind = blind
        self._counts = counts
        self._held = held
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
            trap_id = self._ids.mint(received_us)
            record = notification.to_json(trap_id, _at(received_us), source_addr, source_port)
            is_canary = self._canary.is_claimed_by(notification)
            if is_canary:
                self._blind.told(self._canary.check(notification, record))
        except UnknownSender as error:
            counts.received += 1
            return self._hold(datagram, error, source_addr, source_port, received_us)
        except DatagramError as error:
            is_question = isinstance(error, RefusedMessage) and not error.header.engine_id
            counts.received += not is_question
            return Refusal(None if is_question else error.reason, report(error, self._security, now))
        if not is_canary:
            counts.received += 1
            counts.accept(source_addr)
        key = source_addr if notification.engine_id is None else f"{source_addr}/{notification.engine_id}"
        inform = self._informs.add(notification, source_addr, source_port, now) if notification.is_inform else None
        return Accepted(Entry(key, record, is_canary), inform)

    def settle(self, inform: Inform, now: float, *, is_safe: bool) -> bytes | None:
        """The answer to an accepted inform, whose record is safe; None when it is lost."""
        notification = self._informs.settle(inform, is_safe=is_safe)
        return respond(notification, self._security, now) if notification else None

    def _hold(
        self, datagram: bytes, error: UnknownSender, source_addr: str, source_port: int, received_us: int
    ) -> Accepted | Refusal:
        engine_id = error.header.engine_id.hex()
        user = error.header.user_name.decode(errors="replace")
        # Nobody can write down such a name in snmp.yaml, and no terminal should show it.
        if not user or "\ufffd" in user or not user.isprintable() or len(error.header.user_name) > _USER_OCTETS:
            return Refusal(error.reason, None)
        # The octets are kept as they came. In encrypted ones this stands by chance only, which is never.
        if _COMMUNITY_OID in datagram:
            return Refusal(error.reason, None)
        key = sender_key(engine_id, user)
        if not self._held.has_room(key, len(datagram)):
            return Refusal(HELD_OVER_LIMIT, None)
        held = Held(
            held_id=self._ids.mint(received_us),
            received_at=_at(received_us),
            source_addr=source_addr,
            source_port=source_port,
            engine_id=engine_id,
            security_name=user,
            reason=error.reason,
            datagram=datagram,
        )
        self._held.take(held)
        return Accepted(Entry(key, codec.encode(held), is_held=True), None, error.reason)

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


def _at(received_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=received_us)
