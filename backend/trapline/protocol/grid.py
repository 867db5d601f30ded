"""What the browser is told: the snapshot's pages, the frames, the heartbeat. TypeScript is generated from here."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from trapline.protocol.alerts import BlindInterval
from trapline.protocol.record import Record
from trapline.protocol.severity import Severity
from trapline.protocol.status import Acknowledgement, OpenAlert, TargetStatus
from trapline.protocol.upkeep import PlannedWork

UNPLACED: Final = "unplaced"
"""The tier of targets that no server of the inventory claims. It is always the last of `tiers`; a cell in it is a
target: `server` is the target's id, and `server_type` is OEM's target type, which need be no column of the wall."""


class Trend(StrEnum):
    """Now against 15 minutes ago."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "same"


class Maintenance(Record, frozen=True, kw_only=True):
    """Work that is planned and under way, until `to_at` where an end is known: on the whole server, or on all of its
    targets that have an open alert.
    """

    from_at: datetime
    to_at: datetime | None = None
    by: str
    note: str = ""


class Cell(Record, frozen=True, kw_only=True):
    """One server as it is drawn. `severity` is null while nothing was ever heard of it: unknown is a state (law 6).

    `message`, `incident_owner` and `is_acknowledged_in_oem` are those of the worst open alert. `silent_since`: nothing
    was heard of it, or of its sender, for longer than its period; what is shown is what was known then.
    """

    server: str
    tier: str
    server_type: str
    severity: Severity | None
    since: datetime | None = None
    last_heard_at: datetime | None = None
    trend: Trend = Trend.SAME
    open_alerts: int = 0
    message: str = ""
    incident_owner: str | None = None
    is_acknowledged_in_oem: bool = False
    acknowledgement: Acknowledgement | None = None
    maintenance: Maintenance | None = None
    is_flapping: bool = False
    silent_since: datetime | None = None
    is_test: bool = False


class Tier(Record, frozen=True, kw_only=True):
    """A row of the wall, in the site's order."""

    id: str
    label: str


class ServerType(Record, frozen=True, kw_only=True):
    """A column of the wall, in the site's order."""

    id: str
    label: str


class GridPage(Record, frozen=True, kw_only=True):
    """`trapline.api.grid.get(page, epoch, frame)`: page 0 pins the epoch and frame, further pages are of the same."""

    epoch: str
    frame: int
    page: int
    pages: int
    site: str
    time_zone: str
    tiers: tuple[Tier, ...]
    server_types: tuple[ServerType, ...]
    heartbeat_interval_s: float
    cells: tuple[Cell, ...]


class GridFrame(Record, frozen=True, kw_only=True):
    """`trapline.ev.grid.changed`: the last state of each cell that changed since the frame before (law 5)."""

    epoch: str
    frame: int
    cells: tuple[Cell, ...] = ()
    removed: tuple[str, ...] = ()


class Heartbeat(Record, frozen=True, kw_only=True):
    """`trapline.ev.heartbeat`: the publisher lives. `canary_at`: when ingest received the canary seen last.

    `blind`: times, newest last, in which traps could not be received. `heard_retired`: the servers of retired targets
    that were heard of within a day, the last first; 20 at most.
    """

    epoch: str
    frame: int
    sent_at: datetime
    version: str
    canary_at: datetime | None = None
    canary_interval_s: float
    blind: tuple[BlindInterval, ...] = ()
    heard_retired: tuple[str, ...] = ()


class ServerDetail(Record, frozen=True, kw_only=True):
    """`trapline.api.target.get(server)`: the cell and the targets folded into it, worst first.

    `silence`: what of it nothing certain is known of now, and why. `suggestion`: the lines for the inventory that would
    place a target which no server claims. `work`: what is planned for the server, its tier or some of its targets, as
    in `trapline.api.maintenance.get`.
    """

    cell: Cell
    targets: tuple[TargetStatus, ...]
    open_alerts: tuple[OpenAlert, ...]
    silence: str = ""
    suggestion: str = ""
    work: tuple[PlannedWork, ...] = ()


class Accepted(Record, frozen=True, kw_only=True):
    """`trapline.op.*`: Kafka has the commands; what they do is seen on the wall a moment later."""

    command_ids: tuple[str, ...]


class FunnelReason(Record, frozen=True, kw_only=True):
    """How many went one way, by reason in a bounded vocabulary, with a sentence for people."""

    reason: str
    count: int
    sentence: str


class HeldSender(Record, frozen=True, kw_only=True):
    """An SNMPv3 sender that is unknown, or was decided about: what is held of it, why, and what can be done."""

    engine_id: str
    security_name: str
    reason: str
    sentence: str
    held: int
    released: int
    refused: int
    first_at: datetime | None
    last_at: datetime | None
    source_addrs: tuple[str, ...]
    is_approved: bool | None
    operator: str
    decided_at: datetime | None
    note: str
    what_to_do: str


class Senders(Record, frozen=True, kw_only=True):
    """`trapline.api.senders.get`: the most held first. `left_out`: how many more there are than can be listed.

    `problem`: what is wrong with snmp.yaml as it was edited last, while what was read before stays; empty when nothing.
    """

    senders: tuple[HeldSender, ...]
    left_out: int
    problem: str = ""


class InboxGroup(Record, frozen=True, kw_only=True):
    """Traps of one OID and one sender that no rule took. `name`: the OID's, by MIBs. `reason`: the newest's."""

    trap_oid: str
    name: str = ""
    source_addr: str
    count: int
    first_at: datetime
    last_at: datetime
    reason: str


class InboxSample(Record, frozen=True, kw_only=True):
    """The newest of an OID: its varbinds as people read them, and a rule to start from (YAML)."""

    trap_id: str
    received_at: datetime
    source_addr: str
    security_name: str
    reason: str
    varbinds: tuple[str, ...]
    draft: str


class Inbox(Record, frozen=True, kw_only=True):
    """`trapline.api.inbox.get`: the most first. `left_out` groups are too many to list, `untold` traps were in none.

    `is_complete` is false while there is more to read than one call has time for: ask again.
    """

    groups: tuple[InboxGroup, ...]
    is_complete: bool = True
    left_out: int = 0
    untold: int = 0
    sample: InboxSample | None = None


class FunnelStage(Record, frozen=True, kw_only=True):
    """A stage behind ingest: what it made of all the records that it has read since `since`, whatever was restarted.

    `since` is null before its first record. `waiting`: records that lie in Kafka and are not read yet.
    """

    stage: str
    since: datetime | None
    read: int
    waiting: int
    outcomes: tuple[FunnelReason, ...]


class FunnelSender(Record, frozen=True, kw_only=True):
    """The funnel of one sender's traps; of an empty `sender`: all for whom there is no line of their own."""

    sender: str
    ingest: tuple[FunnelReason, ...] = ()
    normalize: tuple[FunnelReason, ...] = ()
    track: tuple[FunnelReason, ...] = ()


class Funnel(Record, frozen=True, kw_only=True):
    """`trapline.api.funnel.get`: where did my trap die?

    Up to `held`: datagrams, counted since `since`, this run of ingest. `stages` count records, of all nodes, each since
    its own time; `problem` says why they are not known now. `senders`: those with the most first.
    """

    since: datetime
    received: int
    accepted: int
    stored: int
    spooled: int
    spool_dropped: int
    kernel_dropped: int | None
    refused: tuple[FunnelReason, ...]
    held: tuple[FunnelReason, ...] = ()
    stages: tuple[FunnelStage, ...] = ()
    senders: tuple[FunnelSender, ...] = ()
    problem: str = ""
