"""The open alerts of a target, and what is remembered of those that ended. Pure.

Events of one alert are ordered by (trap_id, replay_id). What was taken last is remembered with the open alert, and with
the newest 32 keys that ended (`settled`). Of a key that was dropped from those, the greatest trap_id is remembered for
all of them together (`forgotten_trap_id`): what is not newer, and about a key that nobody remembers, may be a repeat.
"""

from itertools import islice
from typing import Final, NamedTuple

from msgspec.structs import replace

from trapline.protocol.alerts import PROPERTIES_KEPT, AlertEvent, Target
from trapline.protocol.record import MOST_COUNTED
from trapline.protocol.severity import rank
from trapline.protocol.status import MORE_KEY, OpenAlert, SettledAlert, TargetStatus
from trapline.track.storm import Folded, Limits, fitting, is_folded, with_less, with_more

SETTLED_KEPT: Final = 32


class Taken(NamedTuple):
    """The event that an alert took last; compares as events are ordered."""

    trap_id: str
    replay_id: str


class Step(NamedTuple):
    """A status, why, and whether it is more than that the target was heard of."""

    status: TargetStatus
    reason: str
    is_effective: bool = True


def open_alert(status: TargetStatus, alert_key: str) -> OpenAlert | None:
    """The open alert of a key."""
    return next((alert for alert in status.open_alerts if alert.alert_key == alert_key), None)


def last_taken(status: TargetStatus, alert_key: str) -> Taken | None:
    """What the alert of a key took last; None when nothing is remembered of the key."""
    known = open_alert(status, alert_key) or next(
        (each for each in status.settled if each.alert_key == alert_key), None
    )
    return Taken(known.last_trap_id, known.last_replay_id) if known else None


def raised(before: TargetStatus, event: AlertEvent, limits: Limits) -> Step:
    """The alert is open, or counts one occurrence more and takes over the event's severity and words."""
    opened = open_alert(before, event.alert_key)
    if opened is None and not _has_room(before, event.alert_key, limits):
        return _folded(before, event)
    alert = fitting(
        OpenAlert(
            alert_key=event.alert_key,
            severity=event.severity,
            message=event.message,
            rule_id=event.rule_id,
            raised_at=opened.raised_at if opened else event.received_at,
            last_seen_at=event.received_at,
            last_trap_id=event.trap_id,
            last_replay_id=event.replay_id,
            withdrawn=opened.withdrawn if opened else "",
            severity_before=opened.severity if opened and opened.severity is not event.severity else None,
            occurrences=min(opened.occurrences + 1, MOST_COUNTED) if opened else 1,
            occurred_text=event.occurred_text,
            event_type=event.event_type,
            incident=event.incident or (opened.incident if opened else None),
            root_cause=event.root_cause or (opened.root_cause if opened else None),
            links=event.links or (opened.links if opened else ()),
            caveats=event.caveats,
            expires_at=event.expires_at,
            is_test=event.is_test,
        )
    )
    if opened is None:
        reason = f"raised {alert.severity}: {event.reason}"
    elif opened.severity is alert.severity:
        reason = f"{alert.severity} again, occurrence {alert.occurrences}: {event.reason}"
    else:
        reason = f"from {opened.severity} to {alert.severity}: {event.reason}"
    settled = tuple(each for each in before.settled if each.alert_key != event.alert_key)
    return Step(replace(with_alert(before, alert), target=_named(before, event), settled=settled), reason)


def _named(before: TargetStatus, event: AlertEvent) -> Target:
    """The newest event knows best what the target's host is. What it does not say of its properties is as it was: OEM
    leaves them out of a trap that gets too large, and the target must not lose its place on the wall by that. Where
    there is no room for all, the event's own stay, then those that were said last.
    """
    said = event.target.properties
    in_order = said | before.target.properties | said
    return replace(event.target, properties=dict(islice(in_order.items(), PROPERTIES_KEPT)))


def cleared(before: TargetStatus, event: AlertEvent) -> Step:
    """The alert is ended; where nothing is open it is still remembered, against a late raise."""
    opened = open_alert(before, event.alert_key)
    after = settle(without_alert(before, event.alert_key), event.alert_key, Taken(event.trap_id, event.replay_id))
    less = with_less(Folded(open_alert(before, MORE_KEY), before.memory.folded), event) if opened is None else None
    if less is not None:
        return Step(_with_folded(after, less), f"cleared one that is not kept one by one: {event.reason}")
    if opened is None:
        return Step(after, f"cleared what was not open: {event.reason}")
    still = f"; still open: {len(after.open_alerts)}" if after.open_alerts else ""
    return Step(after, f"cleared after {opened.severity}: {event.reason}{still}")


def updated(before: TargetStatus, event: AlertEvent) -> Step:
    """Words, incident and links of an open alert are taken over, never the severity."""
    opened = open_alert(before, event.alert_key)
    if opened is None:
        return Step(before, f"about no open alert: {event.reason}", is_effective=False)
    alert = replace(
        opened,
        message=event.message or opened.message,
        last_seen_at=event.received_at,
        last_trap_id=event.trap_id,
        last_replay_id=event.replay_id,
        severity_before=None,
        incident=event.incident or opened.incident,
        root_cause=event.root_cause or opened.root_cause,
        links=event.links or opened.links,
        caveats=event.caveats or opened.caveats,
        expires_at=event.expires_at or opened.expires_at,
    )
    return Step(with_alert(before, fitting(alert)), f"said about an open alert: {event.reason}")


def remember(before: TargetStatus, event: AlertEvent) -> TargetStatus:
    """The event is taken for its key, whatever it did."""
    taken = Taken(event.trap_id, event.replay_id)
    opened = open_alert(before, event.alert_key)
    if opened is None:
        return settle(before, event.alert_key, taken)
    return with_alert(before, replace(opened, last_trap_id=taken.trap_id, last_replay_id=taken.replay_id))


def settle(before: TargetStatus, alert_key: str, taken: Taken) -> TargetStatus:
    """The key ended, and is remembered; of those that there is no room for, the newest trap_id is."""
    others = (each for each in before.settled if each.alert_key != alert_key)
    remembered = (
        *others,
        SettledAlert(alert_key=alert_key, last_trap_id=taken.trap_id, last_replay_id=taken.replay_id),
    )
    ordered = tuple(sorted(remembered, key=lambda each: each.last_trap_id))
    after = replace(before, settled=ordered[-SETTLED_KEPT:])
    return _forget(after, *(each.last_trap_id for each in ordered[:-SETTLED_KEPT]))


def with_alert(before: TargetStatus, alert: OpenAlert) -> TargetStatus:
    """The alert in the place of its key; worst first, the longest open first among equals."""
    others = (each for each in before.open_alerts if each.alert_key != alert.alert_key)
    in_order = sorted((*others, alert), key=lambda each: (-rank(each.severity), each.raised_at, each.alert_key))
    return replace(before, open_alerts=tuple(in_order))


def without_alert(before: TargetStatus, alert_key: str) -> TargetStatus:
    """The alert of a key is open no more."""
    after = replace(before, open_alerts=tuple(each for each in before.open_alerts if each.alert_key != alert_key))
    return replace(after, memory=replace(after.memory, folded=())) if alert_key == MORE_KEY else after


def _has_room(before: TargetStatus, alert_key: str, limits: Limits) -> bool:
    if is_folded(before.memory.folded, alert_key):
        return False
    return sum(each.alert_key != MORE_KEY for each in before.open_alerts) < limits.open_alerts


def _folded(before: TargetStatus, event: AlertEvent) -> Step:
    folded = with_more(Folded(open_alert(before, MORE_KEY), before.memory.folded), event)
    after = _forget(_with_folded(before, folded), event.trap_id)
    return Step(replace(after, target=_named(before, event)), f"one of more than are kept one by one: {event.reason}")


def _with_folded(before: TargetStatus, folded: Folded) -> TargetStatus:
    if folded.more is None:
        return without_alert(before, MORE_KEY)
    return with_alert(replace(before, memory=replace(before.memory, folded=folded.keys)), folded.more)


def _forget(before: TargetStatus, *trap_ids: str) -> TargetStatus:
    forgotten = max([before.memory.forgotten_trap_id, *trap_ids])
    if forgotten == before.memory.forgotten_trap_id:
        return before
    return replace(before, memory=replace(before.memory, forgotten_trap_id=forgotten))
