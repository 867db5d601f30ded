"""Maintenance windows: what a sender says by its events, and operators by commands. Pure.

Windows hide nothing and change no severity: whoever shows a status evaluates them, recurrence included. Here they are
kept. One that ended for good is kept for a day, and dropped with the next event or command after that: the history has
it. 32 are kept at most, and one more is refused with a reason. A window that recurs, or has not begun, is gone as soon
as it is ended.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from trapline.protocol.alerts import AlertEvent, Target
from trapline.protocol.commands import Command, MaintenanceWindow
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.track.alerts import Step, remember

WINDOWS_KEPT: Final = 32
_KEPT_FOR: Final = timedelta(hours=24)
_NOTE_LENGTH: Final = 1_000


def started(before: TargetStatus, event: AlertEvent) -> Step:
    """The sender says that work has begun; it ends when the sender says so, or when the event expires."""
    running = _running(before, event.alert_key, event.received_at)
    window = MaintenanceWindow(
        window_id=event.alert_key,
        from_at=running.from_at if running else event.received_at,
        to_at=event.expires_at,
        source=event.rule_id,
        note=event.message[:_NOTE_LENGTH],
    )
    after = _with(remember(before, event), window, event.received_at)
    if after is None:
        return Step(remember(before, event), f"maintenance, but {_full()}: {event.reason}", is_effective=False)
    return Step(after, f"maintenance {'goes on' if running else 'begins'}: {event.reason}")


def ended(before: TargetStatus, event: AlertEvent) -> Step:
    """The sender says that it is over."""
    after = remember(before, event)
    if _running(before, event.alert_key, event.received_at) is None:
        return Step(after, f"an end of maintenance that was not known: {event.reason}", is_effective=False)
    return Step(_without(after, event.alert_key, event.received_at), f"maintenance ends: {event.reason}")


def planned(before: TargetStatus, command: Command) -> Step:
    """An operator plans it, or changes the window of that id."""
    if command.window is None:
        return Step(before, f"{command.operator} planned maintenance without a window", is_effective=False)
    window = replace(command.window, note=command.window.note[:_NOTE_LENGTH])
    after = _with(before, window, command.issued_at)
    if after is None:
        return Step(before, f"{command.operator} planned maintenance, but {_full()}", is_effective=False)
    until = "until it is ended" if window.to_at is None else f"to {window.to_at.isoformat()}"
    again = f", again by {window.recurrence} in {window.time_zone}" if window.recurrence else ""
    note = f": {window.note}" if window.note else ""
    return Step(after, f"{command.operator} planned maintenance from {window.from_at.isoformat()} {until}{again}{note}")


def of_scope(command: Command) -> TargetStatus:
    """The status of a tier or a server, of which no event ever comes: the first command makes it."""
    kind, _, name = command.target_id.partition(":")
    return TargetStatus(
        target=Target(name=name, type=kind),
        severity=Severity.CLEARED,
        since=command.issued_at,
        last_heard_at=command.issued_at,
        reason=f"{command.operator} planned maintenance",
        rule_id=f"track.{command.action}",
    )


def called_off(before: TargetStatus, command: Command) -> Step:
    """An operator ends the window of that id, whoever began it."""
    known = next((each for each in before.windows if each.window_id == command.window_id), None)
    if known is None or _is_over(known, command.issued_at):
        reason = f"{command.operator} ended maintenance {command.window_id}, but there is no such window now"
        return Step(before, reason, is_effective=False)
    note = f": {command.note}" if command.note else ""
    after = _without(before, known.window_id, command.issued_at)
    return Step(after, f"{command.operator} ended maintenance{note}")


def without_past(status: TargetStatus, at: datetime) -> TargetStatus:
    """The status without windows that ended for good more than a day before."""
    kept = _kept(status, at)
    return status if len(kept) == len(status.windows) else replace(status, windows=kept)


def _running(status: TargetStatus, window_id: str, at: datetime) -> MaintenanceWindow | None:
    return next((each for each in status.windows if each.window_id == window_id and not _is_over(each, at)), None)


def _is_over(window: MaintenanceWindow, at: datetime) -> bool:
    return window.recurrence is None and window.to_at is not None and window.to_at <= at


def _with(before: TargetStatus, window: MaintenanceWindow, at: datetime) -> TargetStatus | None:
    others = [each for each in _kept(before, at) if each.window_id != window.window_id]
    return replace(before, windows=(*others, window)) if len(others) < WINDOWS_KEPT else None


def _without(before: TargetStatus, window_id: str, at: datetime) -> TargetStatus:
    windows = tuple(
        replace(each, to_at=at) if each.window_id == window_id else each
        for each in _kept(before, at)
        if each.window_id != window_id or (each.recurrence is None and each.from_at < at)
    )
    return replace(before, windows=windows)


def _kept(status: TargetStatus, at: datetime) -> tuple[MaintenanceWindow, ...]:
    return tuple(each for each in status.windows if not _is_over(each, at - _KEPT_FOR))


def _full() -> str:
    return f"{WINDOWS_KEPT} windows are known already; end one first"
