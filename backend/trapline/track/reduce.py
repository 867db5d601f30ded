"""The fold: a target's status and one event, or one command, give the next status. Pure: no clock, no I/O.

Rules, in the order in which they are asked. Each decision says which one it was, by id and in words.

1. `canary`: an event on a node's canary moves last_heard_at and keeps the blind intervals it tells of. No history:
   a canary comes every few seconds.
2. `track.repeat`: an event that the alert has already taken (same trap_id and alert_key) changes nothing.
3. `track.late`: an event older than what the alert has taken is history only. Older means a smaller trap_id, which is
   arrival order; a sender's clock decides nothing. A cleared key is remembered (`settled`, the newest 32), so that a
   repeat of its raise does not open it again. A raise that arrives after the clear opens it anew.
4. Otherwise the rule that made the event decides:
   - raise opens the alert, or counts an occurrence and takes over the event's severity and words;
   - clear ends it; where nothing is open it is still heard, and remembered against a late raise;
   - update takes over words, incident and links of an open alert, never its severity; without one it is history only.

What follows from the open alerts, always:
- severity is the worst of them, cleared without any; `since` is when that last changed, and never runs backwards;
- an acknowledgement ends when the target is clear or gets worse than it was: what somebody has taken on is not
  what is wrong now. It stays when things get better or another alert of no worse severity joins;
- `changes` keeps what a trend over 15 minutes needs: all changes of that time and the one before it, 32 at most.

An event of any kind shows that the target is heard of: last_heard_at is the latest receipt.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.canary import is_canary
from trapline.protocol.commands import Action, Command
from trapline.protocol.record import MOST_COUNTED
from trapline.protocol.severity import Severity, rank, worst
from trapline.protocol.status import Acknowledgement, OpenAlert, SettledAlert, SeverityChange, TargetStatus

SETTLED_KEPT: Final = 32
CHANGES_KEPT: Final = 32
BLIND_KEPT: Final = 50
_TREND: Final = timedelta(minutes=15)
_BLIND_FOR: Final = timedelta(hours=24)


class Transition(NamedTuple):
    """What an event or a command does. `status` is None only where a command names a target nobody knows.

    `is_change`: the status is another one. `is_history`: the step is told in the history.
    """

    status: TargetStatus | None
    is_change: bool
    is_history: bool
    reason: str
    rule_id: str


def reduce(status: TargetStatus | None, event: AlertEvent) -> Transition:
    """One event. Reducing the same event again changes nothing."""
    before = status or _first(event)
    if is_canary(event.target.id):
        return _hear_canary(status, before, event)
    opened = next((alert for alert in before.open_alerts if alert.alert_key == event.alert_key), None)
    settled = next((each for each in before.settled if each.alert_key == event.alert_key), None)
    taken = opened.last_trap_id if opened else settled.last_trap_id if settled else ""
    if event.trap_id == taken:
        return Transition(before, False, False, f"trap {taken} is already taken", "track.repeat")
    if event.trap_id < taken:
        reason = f"trap {event.trap_id} is older than {taken}, the last that this alert took: {event.reason}"
        return Transition(before, False, True, reason, "track.late")
    match event.kind:
        case EventKind.RAISE:
            after, reason = _raise(before, opened, event)
        case EventKind.CLEAR:
            after, reason = _clear(before, opened, event)
        case _:
            after, reason = _update(before, opened, event)
    after = msgspec.structs.replace(after, last_heard_at=max(before.last_heard_at, event.received_at))
    after, reason = _conclude(before, after, event.received_at, reason)
    if opened or event.kind is not EventKind.UPDATE:
        after = msgspec.structs.replace(after, reason=reason, rule_id=event.rule_id)
    return Transition(after, after != status, True, reason, event.rule_id)


def apply_command(status: TargetStatus | None, command: Command) -> Transition:
    """One operator's command. Applying the same command again changes nothing."""
    rule_id = f"track.{command.action}"
    if status is None:
        reason = f"{command.target_id} has no status: it was never heard of, so there is nothing to {command.action}"
        return Transition(None, False, False, reason, rule_id)
    if command.command_id in status.memory.command_ids:
        return Transition(status, False, False, f"command {command.command_id} is already taken", "track.repeat")
    command_ids = (*status.memory.command_ids, command.command_id)[-16:]
    after = msgspec.structs.replace(status, memory=msgspec.structs.replace(status.memory, command_ids=command_ids))
    match command.action:
        case Action.ACKNOWLEDGE if not status.open_alerts:
            reason = f"{command.operator} acknowledged, but no alert is open"
        case Action.ACKNOWLEDGE:
            reason = f"{command.operator} acknowledged" + (f": {command.note}" if command.note else "")
            taken_on = Acknowledgement(operator=command.operator, at=command.issued_at, note=command.note)
            after = msgspec.structs.replace(after, acknowledgement=taken_on, reason=reason, rule_id=rule_id)
        case Action.UNACKNOWLEDGE if status.acknowledgement is None:
            reason = f"{command.operator} took back an acknowledgement, but there was none"
        case Action.UNACKNOWLEDGE:
            reason = f"{command.operator} took the acknowledgement back" + (f": {command.note}" if command.note else "")
            after = msgspec.structs.replace(after, acknowledgement=None, reason=reason, rule_id=rule_id)
        case _:
            return Transition(status, False, False, f"{command.action} changes no status", rule_id)
    return Transition(after, True, True, reason, rule_id)


def _first(event: AlertEvent) -> TargetStatus:
    return TargetStatus(
        target=event.target,
        severity=Severity.CLEARED,
        since=event.received_at,
        last_heard_at=event.received_at,
        reason=f"heard of for the first time: {event.reason}",
        rule_id=event.rule_id,
    )


def _raise(before: TargetStatus, opened: OpenAlert | None, event: AlertEvent) -> tuple[TargetStatus, str]:
    alert = OpenAlert(
        alert_key=event.alert_key,
        severity=event.severity,
        message=event.message,
        rule_id=event.rule_id,
        raised_at=opened.raised_at if opened else event.received_at,
        last_seen_at=event.received_at,
        last_trap_id=event.trap_id,
        occurrences=min(opened.occurrences + 1, MOST_COUNTED) if opened else 1,
        occurred_text=event.occurred_text,
        event_type=event.event_type,
        incident=event.incident or (opened.incident if opened else None),
        root_cause=event.root_cause or (opened.root_cause if opened else None),
        links=event.links or (opened.links if opened else ()),
        is_test=event.is_test,
    )
    if opened is None:
        reason = f"raised {alert.severity}: {event.reason}"
    elif opened.severity is alert.severity:
        reason = f"{alert.severity} again, occurrence {alert.occurrences}: {event.reason}"
    else:
        reason = f"from {opened.severity} to {alert.severity}: {event.reason}"
    settled = tuple(each for each in before.settled if each.alert_key != event.alert_key)
    # The newest event knows best what the target's host is.
    after = msgspec.structs.replace(
        before, target=event.target, open_alerts=_ordered(before, event.alert_key, alert), settled=settled
    )
    return after, reason


def _clear(before: TargetStatus, opened: OpenAlert | None, event: AlertEvent) -> tuple[TargetStatus, str]:
    others = (each for each in before.settled if each.alert_key != event.alert_key)
    remembered = (*others, SettledAlert(alert_key=event.alert_key, last_trap_id=event.trap_id))
    settled = tuple(sorted(remembered, key=_by_trap_id)[-SETTLED_KEPT:])
    open_alerts = _ordered(before, event.alert_key, None)
    after = msgspec.structs.replace(before, open_alerts=open_alerts, settled=settled)
    if opened is None:
        return after, f"cleared what was not open: {event.reason}"
    still = f"; still open: {len(open_alerts)}" if open_alerts else ""
    return after, f"cleared after {opened.severity}: {event.reason}{still}"


def _update(before: TargetStatus, opened: OpenAlert | None, event: AlertEvent) -> tuple[TargetStatus, str]:
    if opened is None:
        return before, f"about no open alert: {event.reason}"
    alert = msgspec.structs.replace(
        opened,
        message=event.message or opened.message,
        last_seen_at=event.received_at,
        last_trap_id=event.trap_id,
        incident=event.incident or opened.incident,
        root_cause=event.root_cause or opened.root_cause,
        links=event.links or opened.links,
    )
    after = msgspec.structs.replace(before, open_alerts=_ordered(before, event.alert_key, alert))
    return after, f"said about an open alert: {event.reason}"


def _ordered(before: TargetStatus, alert_key: str, alert: OpenAlert | None) -> tuple[OpenAlert, ...]:
    """The open alerts with `alert` in the place of its key; worst first, the longest open first among equals."""
    others = [each for each in before.open_alerts if each.alert_key != alert_key]
    if alert is not None:
        others.append(alert)
    return tuple(sorted(others, key=lambda each: (-rank(each.severity), each.raised_at, each.alert_key)))


def _conclude(before: TargetStatus, after: TargetStatus, at: datetime, reason: str) -> tuple[TargetStatus, str]:
    """What follows from the open alerts: severity, since, changes, and whether an acknowledgement still holds."""
    severity = worst(alert.severity for alert in after.open_alerts)
    if severity is before.severity and before.changes:
        return after, reason
    at = max([at, *(change.at for change in before.changes[-1:])])
    after = msgspec.structs.replace(
        after, severity=severity, since=at, changes=_with(before.changes, SeverityChange(at=at, severity=severity))
    )
    is_worse = rank(severity) > rank(before.severity)
    if after.acknowledgement is not None and (is_worse or severity is Severity.CLEARED):
        why = "it got worse" if is_worse else "it is clear"
        reason = f"{reason}; {after.acknowledgement.operator}'s acknowledgement ends, because {why}"
        after = msgspec.structs.replace(after, acknowledgement=None)
    return after, reason


def _with(changes: tuple[SeverityChange, ...], change: SeverityChange) -> tuple[SeverityChange, ...]:
    past = [each for each in changes if each.at <= change.at - _TREND]
    recent = [each for each in changes if each.at > change.at - _TREND]
    # When it flaps too fast for the room there is, the oldest go, never the base that the trend is measured against.
    room = CHANGES_KEPT - 1 - len(past[-1:])
    return (*past[-1:], *recent[-room:], change)


def _hear_canary(status: TargetStatus | None, before: TargetStatus, event: AlertEvent) -> Transition:
    told = {*before.blind, event.blind} if event.blind else set(before.blind)
    heard_at = max(before.last_heard_at, event.received_at)
    kept = sorted(
        (each for each in told if each.to_at > heard_at - _BLIND_FOR),
        key=lambda each: (each.to_at, each.from_at, each.reason),
    )
    after = msgspec.structs.replace(
        before,
        last_heard_at=heard_at,
        reason=event.reason,
        rule_id=event.rule_id,
        blind=tuple(kept[-BLIND_KEPT:]),
    )
    return Transition(after, after != status, False, event.reason, event.rule_id)


def _by_trap_id(settled: SettledAlert) -> str:
    return settled.last_trap_id
