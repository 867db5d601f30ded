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

TARGET_ACKNOWLEDGE: Final = "trapline.op.target.acknowledge"
TARGET_UNACKNOWLEDGE: Final = "trapline.op.target.unacknowledge"

# Two, so that no credential of a guest is worth anything on a transport that browsers reach.
AUTHENTICATE: Final = "trapline.auth.authenticate"
AUTHENTICATE_GUEST: Final = "trapline.auth.authenticate_guest"

ERROR_SNAPSHOT_EXPIRED: Final = "trapline.error.snapshot_expired"
ERROR_UNKNOWN_TARGET: Final = "trapline.error.unknown_target"
ERROR_INVALID_ARGUMENT: Final = "trapline.error.invalid_argument"
ERROR_NOT_ACCEPTED: Final = "trapline.error.not_accepted"
