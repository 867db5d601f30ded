"""Traps, and what became of those that were not used: `snmp-traps`, `-unmatched`, `-dead`, `snmp-held`, `senders`.

Identity (law 2): ingest mints `trap_id` at receipt. Its text order is arrival order (law 3): 14 hex digits of
microseconds since 1970, 6 of ingest's sequence, 12 of the ingest run.
"""

from datetime import datetime
from enum import StrEnum

from trapline.protocol.record import Record, check_times


class Varbind(Record, frozen=True, kw_only=True):
    """One variable binding. `syntax` is SMIv2's name; octets that are not text are hex, and say so."""

    oid: str
    syntax: str
    value: str | int | None = None
    is_hex: bool = False


class Version(StrEnum):
    """SNMP message version."""

    V1 = "v1"
    V2C = "v2c"
    V3 = "v3"


class PduType(StrEnum):
    """Which notification PDU it was (RFC 1157 Trap-PDU; RFC 3416 SNMPv2-Trap-PDU, InformRequest-PDU)."""

    TRAP_V1 = "trap"
    TRAP_V2 = "snmpV2-trap"
    INFORM = "inform"


class Trap(Record, frozen=True, kw_only=True):
    """A notification as it came in: topic `snmp-traps`, key source_addr + engine_id.

    `security_name` is the v3 user, or for v1/v2c the *name* that the site gave the community: never the
    community itself (law 9). v1's own fields stay beside the trap_oid that RFC 3584 section 3.1 maps them to.
    """

    trap_id: str
    received_at: datetime
    version: Version
    pdu_type: PduType
    source_addr: str
    source_port: int
    security_name: str
    security_level: str = "noAuthNoPriv"
    engine_id: str | None = None
    context_name: str | None = None
    request_id: int | None = None
    trap_oid: str
    uptime_ticks: int | None = None
    enterprise_oid: str | None = None
    generic_trap: int | None = None
    specific_trap: int | None = None
    agent_addr: str | None = None
    varbinds: tuple[Varbind, ...] = ()

    def __post_init__(self) -> None:
        check_times(self.received_at)


class Unmatched(Record, frozen=True, kw_only=True):
    """A trap that no rule took: topic `snmp-traps-unmatched`, key as in `snmp-traps`."""

    reason: str
    trap: Trap


class DeadLetter(Record, frozen=True, kw_only=True):
    """A record that could not be used, with where it came from: topics `*-dead`, key as in the source.

    With `retry_of` it is the mark, in the same partition, that the letter of that offset was put back to its topic:
    written together with that, and without octets.
    """

    reason: str
    stage: str
    topic: str
    partition: int
    offset: int
    recorded_at: datetime
    value: bytes = b""
    retry_of: int | None = None


class Held(Record, frozen=True, kw_only=True):
    """A v3 datagram of a sender that nobody knows: topic `snmp-held`, key `engine_id/security_name`.

    The octets are as they came: authenticated, and its time window judged by `received_at`, once the sender is
    approved. Never v1 or v2c, whose octets hold the community. A second record of the same `held_id` ends it: its
    `outcome` says how (`released`, or the reason of a refusal), written together with the trap, and has no octets.
    """

    held_id: str
    received_at: datetime
    source_addr: str
    source_port: int
    engine_id: str
    security_name: str
    reason: str
    datagram: bytes = b""
    outcome: str = ""

    def __post_init__(self) -> None:
        check_times(self.received_at)


class Sender(Record, frozen=True, kw_only=True):
    """An SNMPv3 sender that an operator decided on: topic `senders` (compacted), key `engine_id/security_name`."""

    engine_id: str
    security_name: str
    is_approved: bool
    operator: str
    at: datetime
    note: str = ""

    def __post_init__(self) -> None:
        check_times(self.at)
