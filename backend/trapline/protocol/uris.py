"""Every WAMP URI. The three trees are disjoint because pattern subscriptions ignore denies.

trapline.ev.*  events, past participle · trapline.api.*  reads · trapline.op.*  what operators do
"""

from typing import Final

REALM: Final = "trapline"

GRID_CHANGED: Final = "trapline.ev.grid.changed"
HEARTBEAT: Final = "trapline.ev.heartbeat"

GRID_GET: Final = "trapline.api.grid.get"
TARGET_GET: Final = "trapline.api.target.get"
FUNNEL_GET: Final = "trapline.api.funnel.get"
SENDERS_GET: Final = "trapline.api.senders.get"
INBOX_GET: Final = "trapline.api.inbox.get"
MAINTENANCE_GET: Final = "trapline.api.maintenance.get"
RETIREMENTS_GET: Final = "trapline.api.retirements.get"

TARGET_ACKNOWLEDGE: Final = "trapline.op.target.acknowledge"
TARGET_UNACKNOWLEDGE: Final = "trapline.op.target.unacknowledge"
TARGET_RETIRE: Final = "trapline.op.target.retire"
TARGET_RESTORE: Final = "trapline.op.target.restore"
MAINTENANCE_START: Final = "trapline.op.maintenance.start"
MAINTENANCE_END: Final = "trapline.op.maintenance.end"
SENDER_APPROVE: Final = "trapline.op.sender.approve"
SENDER_REFUSE: Final = "trapline.op.sender.refuse"

# Two, so that no credential of a guest is worth anything on a transport that browsers reach.
AUTHENTICATE: Final = "trapline.auth.authenticate"
AUTHENTICATE_GUEST: Final = "trapline.auth.authenticate_guest"

ERROR_SNAPSHOT_EXPIRED: Final = "trapline.error.snapshot_expired"
ERROR_UNKNOWN_TARGET: Final = "trapline.error.unknown_target"
ERROR_INVALID_ARGUMENT: Final = "trapline.error.invalid_argument"
ERROR_NOT_ACCEPTED: Final = "trapline.error.not_accepted"
