"""The targets of one server folded into its cell. Pure.

Severity  the worst of the targets; none while nothing was ever heard (law 6)
Since     the moment from which that worst has held without a break
Trend     the worst now against the worst 15 minutes ago; what was unknown then counts as cleared
Words     message (cut short: the detail has it all), incident owner and whether OEM has it acknowledged: of the worst
          open alert, of equals the one raised last
Flapping  when one of the targets is
Acknowledged when every target with an open alert is; the last one to say so is shown, its words cut short too
Test      when all that is open is a test
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from trapline.protocol.grid import Cell, Maintenance, Trend
from trapline.protocol.severity import Severity, rank, worst
from trapline.protocol.status import Acknowledgement, OpenAlert, SeverityChange, TargetStatus, count_open

MOST_CHARACTERS: Final = 300
NOTE_CHARACTERS: Final = 1_000  # what an operator may write; the detail shows it from here
TREND_WINDOW: Final = timedelta(minutes=15)


class Place(NamedTuple):
    """Where a cell stands on the wall. `rank`: of two places of one server that the inventory does not list, the lower
    one holds. `period`: silent when nothing is heard of it for so long.
    """

    server: str
    tier: str
    server_type: str
    rank: int = 0
    period: str | None = None


def fold(
    place: Place,
    statuses: Sequence[TargetStatus],
    now: datetime,
    maintenance: Maintenance | None = None,
    silent_since: datetime | None = None,
) -> Cell:
    """The cell at `place`, as the trend stands at `now`. `maintenance` is what is under way on all of it;
    `silent_since`: see trapline.site.silence.
    """
    if not statuses:
        return Cell(
            server=place.server,
            tier=place.tier,
            server_type=place.server_type,
            severity=None,
            maintenance=maintenance,
        )
    severity = worst(status.severity for status in statuses)
    alerts = worst_first(alert for status in statuses for alert in status.open_alerts)
    return Cell(
        server=place.server,
        tier=place.tier,
        server_type=place.server_type,
        severity=severity,
        since=_since(statuses, severity),
        last_heard_at=max(status.last_heard_at for status in statuses),
        trend=_trend(severity, _worst_at(statuses, now - TREND_WINDOW)),
        open_alerts=count_open(alerts),
        message=short(alerts[0].message) if alerts else "",
        incident_owner=_owner(alerts[0]) if alerts else None,
        is_acknowledged_in_oem=bool(alerts and alerts[0].incident and alerts[0].incident.is_acknowledged),
        acknowledgement=_acknowledgement(statuses),
        maintenance=maintenance,
        is_flapping=any(status.is_flapping for status in statuses),
        silent_since=silent_since,
        is_test=bool(alerts) and all(alert.is_test for alert in alerts),
    )


def worst_first(alerts: Iterable[OpenAlert]) -> list[OpenAlert]:
    """Alerts by severity, of equals the one raised last first."""
    return sorted(alerts, key=lambda alert: (rank(alert.severity), alert.raised_at), reverse=True)


def trend_changes_at(statuses: Iterable[TargetStatus], now: datetime) -> datetime | None:
    """When the trend may next change though nothing happens: a change leaves the window."""
    begin = now - TREND_WINDOW
    moments = [change.at for status in statuses for change in _history(status) if change.at > begin]
    return min(moments) + TREND_WINDOW if moments else None


def _history(status: TargetStatus) -> tuple[SeverityChange, ...]:
    changes = status.changes
    if changes and changes[-1].severity is status.severity:
        return changes
    return (*changes, SeverityChange(at=status.since, severity=status.severity))


def _worst_at(statuses: Iterable[TargetStatus], moment: datetime) -> Severity:
    found: list[Severity] = []
    for status in statuses:
        known = [change.severity for change in _history(status) if change.at <= moment]
        found += known[-1:]
    return worst(found)


def _since(statuses: Iterable[TargetStatus], severity: Severity) -> datetime:
    # Not the `since` of the target that is worst now: a worse one that has recovered began the present spell
    # later, and one that handed over to it without a break began it earlier.
    moments = sorted({change.at for status in statuses for change in _history(status)}, reverse=True)
    since = moments[0]
    for moment in moments:
        if _worst_at(statuses, moment) is not severity:
            break
        since = moment
    return since


def _owner(alert: OpenAlert) -> str | None:
    return short(alert.incident.owner) if alert.incident and alert.incident.owner is not None else None


def short(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text that fits into a cell."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _trend(now: Severity, then: Severity) -> Trend:
    if rank(now) == rank(then):
        return Trend.SAME
    return Trend.WORSE if rank(now) > rank(then) else Trend.BETTER


def _acknowledgement(statuses: Iterable[TargetStatus]) -> Acknowledgement | None:
    given = [status.acknowledgement for status in statuses if status.open_alerts]
    if not given or None in given:
        return None
    last = max((one for one in given if one is not None), key=lambda one: one.at)
    note = short(last.note, NOTE_CHARACTERS)
    return Acknowledgement(operator=short(last.operator), at=last.at, note=note, until=last.until)
