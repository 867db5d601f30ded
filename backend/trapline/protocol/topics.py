"""Every Kafka topic: name, cleanup and retention. Keys and values: docs/flow.md."""

from typing import Final, NamedTuple

_DAY_MS: Final = 24 * 60 * 60 * 1000


class Topic(NamedTuple):
    """`retention_ms` of None means compacted: the last value of a key stays for ever."""

    name: str
    retention_ms: int | None


SNMP_TRAPS = Topic("snmp-traps", 30 * _DAY_MS)
SNMP_TRAPS_UNMATCHED = Topic("snmp-traps-unmatched", 30 * _DAY_MS)
SNMP_TRAPS_DEAD = Topic("snmp-traps-dead", 30 * _DAY_MS)
SNMP_HELD = Topic("snmp-held", 7 * _DAY_MS)
SENDERS = Topic("senders", None)
ALERTS = Topic("alerts", 90 * _DAY_MS)
ALERTS_DEAD = Topic("alerts-dead", 30 * _DAY_MS)
COMMANDS = Topic("commands", 365 * _DAY_MS)
COMMANDS_DEAD = Topic("commands-dead", 30 * _DAY_MS)
STATUS = Topic("status", None)
STATUS_CHANGES = Topic("status-changes", 90 * _DAY_MS)
RETIREMENTS = Topic("retirements", None)
SITE_MODEL = Topic("site-model", None)

ALL: Final = (
    SNMP_TRAPS,
    SNMP_TRAPS_UNMATCHED,
    SNMP_TRAPS_DEAD,
    SNMP_HELD,
    SENDERS,
    ALERTS,
    ALERTS_DEAD,
    COMMANDS,
    COMMANDS_DEAD,
    STATUS,
    STATUS_CHANGES,
    RETIREMENTS,
    SITE_MODEL,
)

KEYED_BY_TARGET: Final = (ALERTS, COMMANDS, STATUS, STATUS_CHANGES, RETIREMENTS)
"""Co-partitioned: a target's partition number is the same in all of them."""
