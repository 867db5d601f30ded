"""A stored trap that is run again through corrected rules: what it said before is taken back. Pure.

See docs/flow.md, "When a stored trap is run again". `replaces` says what the trap was until now about this target and
alert key; a replay's events come in the order of their trap_id. So one mark on an alert, the last occurrence that was
taken back, is enough for a replay that comes twice, or is killed half-way and begun again, to count nothing twice.
"""

from msgspec.structs import replace

from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.status import OpenAlert, TargetStatus
from trapline.track.alerts import Step, Taken, open_alert, remember, settle, with_alert, without_alert


def take_back(before: TargetStatus, event: AlertEvent) -> Step:
    """Undoes what the trap did until now, where it is the last that its alert took."""
    opened = open_alert(before, event.alert_key)
    if event.replaces is EventKind.RAISE and opened is not None:
        return Step(_one_less(before, opened, event, is_last=True), "an occurrence is taken back; ")
    if event.replaces is EventKind.MAINTENANCE_START:
        kept = tuple(each for each in before.windows if each.window_id != event.alert_key)
        return Step(replace(before, windows=kept), "maintenance is taken back; ", len(kept) < len(before.windows))
    if event.replaces is EventKind.MAINTENANCE_END:
        again = tuple(
            replace(each, to_at=None) if each.window_id == event.alert_key and each.to_at == event.received_at else each
            for each in before.windows
        )
        return Step(replace(before, windows=again), "the end of maintenance is taken back; ", again != before.windows)
    if event.replaces is EventKind.CLEAR:
        return Step(before, "what it cleared is not known any more; ", is_effective=False)
    return Step(before, "", is_effective=False)


def take_back_older(before: TargetStatus, event: AlertEvent) -> TargetStatus | None:
    """Undoes an occurrence that later ones have followed; None when there is none to undo."""
    opened = open_alert(before, event.alert_key)
    if (
        not event.replay_id
        or opened is None
        or event.replaces is not EventKind.RAISE
        or event.kind is EventKind.RAISE
        or event.received_at < opened.raised_at  # of an earlier time that this key was open
        or _mark(event) <= opened.withdrawn
    ):
        return None
    return _one_less(before, opened, event, is_last=False)


def withdrawn(before: TargetStatus, event: AlertEvent) -> Step:
    """The trap says nothing about this key: that is remembered, against what it said before."""
    return Step(remember(before, event), f"withdrawn: {event.reason}", is_effective=False)


def _one_less(before: TargetStatus, opened: OpenAlert, event: AlertEvent, *, is_last: bool) -> TargetStatus:
    if opened.occurrences == 1:
        return settle(
            without_alert(before, opened.alert_key),
            opened.alert_key,
            Taken(opened.last_trap_id, opened.last_replay_id),
        )
    alert = replace(opened, occurrences=opened.occurrences - 1, withdrawn=_mark(event))
    if is_last:
        alert = replace(alert, severity=opened.severity_before or opened.severity, severity_before=None)
    return with_alert(before, alert)


def _mark(event: AlertEvent) -> str:
    return f"{event.replay_id}/{event.trap_id}"
