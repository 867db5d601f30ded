"""What is behind a cell, small enough for one message. Pure.

When it is too large, the alerts that matter least are left out first, then the targets; the cell still counts them all.
"""

from collections.abc import Collection

from msgspec.structs import replace

from trapline.protocol.grid import Cell, ServerDetail
from trapline.protocol.severity import rank
from trapline.protocol.status import Memory, TargetStatus
from trapline.publish.cells import worst_first
from trapline.publish.size import MOST_OCTETS, octets_of


def detail_of(cell: Cell, statuses: Collection[TargetStatus], silence: str = "", suggestion: str = "") -> ServerDetail:
    """The cell, its targets and their open alerts, worst first; the two texts as ServerDetail has them."""
    targets = [
        # What the reducer remembers for itself is nobody's reading.
        replace(status, settled=(), memory=Memory(), open_alerts=tuple(worst_first(status.open_alerts)))
        for status in sorted(statuses, key=lambda status: (rank(status.severity), status.since), reverse=True)
    ]
    most_targets, most_alerts = len(targets), sum(len(status.open_alerts) for status in targets)
    while True:
        detail = replace(_detail(cell, targets[:most_targets], most_alerts), silence=silence, suggestion=suggestion)
        if octets_of(detail) <= MOST_OCTETS:
            return detail
        if most_alerts > 1:
            most_alerts //= 2
        else:
            most_targets //= 2


def _detail(cell: Cell, targets: list[TargetStatus], most_alerts: int) -> ServerDetail:
    alerts = worst_first(alert for status in targets for alert in status.open_alerts)
    return ServerDetail(
        cell=cell,
        targets=tuple(replace(status, open_alerts=status.open_alerts[:most_alerts]) for status in targets),
        open_alerts=tuple(alerts[:most_alerts]),
    )
