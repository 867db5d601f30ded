"""What a trap says about a target: topic `alerts`. An event is `trap_id` + `alert_key` (law 2)."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from trapline.protocol.record import Record, check_count, check_times
from trapline.protocol.severity import Severity

TARGET_ID_LENGTH: Final = 1_001

PROPERTIES_KEPT: Final = 40
"""How many properties of a target are kept; a sender may give them other names each time."""


def check_target_id(target_id: str) -> None:
    """Raises ValueError for an id that is too long to be a key."""
    if len(target_id) > TARGET_ID_LENGTH:
        raise ValueError(f"the target's id has {len(target_id)} characters; {TARGET_ID_LENGTH} is the most")


class Target(Record, frozen=True, kw_only=True):
    """The monitored thing that a trap names. `type` is OEM's target type, or `snmp_agent` for other senders.

    `properties`: what the sender says of it besides, by name: `lifecycle_status`, `owner`, `version`, and OEM's
    user-defined target properties. They place a target on the wall; they are no part of its identity.
    """

    name: str
    type: str
    host: str | None = None
    properties: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        check_target_id(self.id)

    @property
    def id(self) -> str:
        """OEM knows a target by type and name; so do we. This is the Kafka key from `alerts` on."""
        return f"{self.type}:{self.name}"


class Incident(Record, frozen=True, kw_only=True):
    """OEM's incident about an event: who has it, and how far."""

    id: str
    owner: str | None = None
    is_acknowledged: bool | None = None
    status: str | None = None
    priority: str | None = None
    escalation: str | None = None


class Link(Record, frozen=True, kw_only=True):
    """A page elsewhere, OEM's console above all."""

    label: str
    url: str


class BlindInterval(Record, frozen=True, kw_only=True):
    """A time in which datagrams could not be received; `lost` counts what the kernel says it dropped."""

    from_at: datetime
    to_at: datetime
    reason: str
    lost: int | None = None

    def __post_init__(self) -> None:
        check_times(self.from_at, self.to_at)
        check_count(self.lost or 0)


class EventKind(StrEnum):
    """What an event does: open (or worsen, or repeat) an alert, end it, or only say something about it.

    The sender may also say that work on the target is planned, from now until it says that it is over: OEM's blackout.
    `withdraw` comes from a replay only: by the corrected rules the trap says nothing about this target and alert_key.
    """

    RAISE = "raise"
    CLEAR = "clear"
    UPDATE = "update"
    MAINTENANCE_START = "maintenance-start"
    MAINTENANCE_END = "maintenance-end"
    WITHDRAW = "withdraw"


class Provenance(Record, frozen=True, kw_only=True):
    """Where an event came from. The sender is only provenance (law 1)."""

    trap_oid: str
    source_addr: str
    security_name: str
    engine_id: str | None = None


class AlertEvent(Record, frozen=True, kw_only=True):
    """One fact about a target: topic `alerts`, key target id.

    `expires_at`: the alert ends by itself then, unless it is raised again. `caveats`: sentences on what the sender
    left out or cut short. `replay_id`: set when a stored trap was run again through corrected rules; it supersedes
    what that trap said before, and of two replays the greater id holds (its text order is the order of replays).
    `replaces`, of a replay only: the kind of event that the trap was, until now, about this target and alert_key; None
    when it said nothing about them. A replay writes a target's events in the order of their trap_id.
    """

    trap_id: str
    replay_id: str = ""
    replaces: EventKind | None = None
    kind: EventKind
    target: Target
    alert_key: str
    severity: Severity
    message: str
    received_at: datetime
    occurred_text: str | None = None
    rule_id: str
    reason: str
    provenance: Provenance
    event_type: str | None = None
    incident: Incident | None = None
    root_cause: str | None = None
    links: tuple[Link, ...] = ()
    caveats: tuple[str, ...] = ()
    expires_at: datetime | None = None
    is_test: bool = False
    blind: BlindInterval | None = None

    def __post_init__(self) -> None:
        check_times(self.received_at, *([self.expires_at] if self.expires_at else ()))
