"""The fold: a target's status and one event give the next status. Pure: no clock, no I/O.

Rules, in the order in which they are asked. Each decision says which one it was, by id and in words.

1. `canary`: an event on a node's canary moves last_heard_at and keeps the blind intervals it tells of. No history:
   a canary comes every few seconds.
2. `track.repeat`: an event that the alert has already taken (same trap_id, replay_id and alert_key) changes nothing.
3. `track.late`: an event older than what the alert has taken is history only. Older means a smaller trap_id, which is
   arrival order; a sender's clock decides nothing. A cleared key is remembered (`settled`, the newest 32), so that a
   repeat of its raise does not open it again; past those 32, what is not newer than the newest forgotten may be a
   repeat, and opens nothing either. A raise that arrives after the clear opens it anew.
   Only a replay may still take back an occurrence that later ones have followed (replay.py), and is no repeat where
   it looked into `alerts` and found that its trap said nothing about this key until now: what operators bring back.
4. Otherwise what has had its time by now ends first (lapse.py), and the rule that made the event decides:
   - raise opens the alert, or counts an occurrence and takes over the event's severity and words;
   - clear ends it; where nothing is open it is still heard, and remembered against a late raise;
   - update takes over words, incident and links of an open alert, never its severity; without one it only shows that
     the target is heard of, and is told where that is news: it is not remembered, or a late raise could open nothing;
   - maintenance-start and -end begin and end a window of the target (maintenance.py);
   - withdraw remembers that the trap says nothing about this key.
   A replay of the trap that the alert took last first takes back what that trap did.

What follows from the open alerts: conclude.py. How much of a storm is kept and told: storm.py.
An event of any kind shows that the target is heard of: last_heard_at is the latest receipt, `sender` who sent it.
"""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.canary import is_canary
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.track import alerts, maintenance, replay
from trapline.track.alerts import Step, Taken
from trapline.track.conclude import conclude
from trapline.track.lapse import lapse
from trapline.track.storm import USUAL, Limits, is_folded, tell
from trapline.track.transition import Transition, nothing

BLIND_KEPT: Final = 50
_BLIND_FOR: Final = timedelta(hours=24)
_BROUGHT_BACK: Final = {EventKind.RAISE, EventKind.MAINTENANCE_START, EventKind.MAINTENANCE_END}


def reduce(status: TargetStatus | None, event: AlertEvent, limits: Limits = USUAL) -> Transition:
    """One event. Reducing the same event again changes nothing."""
    before = status or _first(event)
    if is_canary(event.target.id):
        return _hear_canary(status, before, event)
    this, taken = Taken(event.trap_id, event.replay_id), alerts.last_taken(before, event.alert_key)
    if this == taken:
        return nothing(before, f"trap {this.trap_id} is already taken")
    if taken is not None and this < taken:
        return _late(before, event, taken, limits)
    forgotten = before.memory.forgotten_trap_id
    if taken is None and forgotten and event.trap_id <= forgotten and not _is_brought_back(before, event):
        reason = f"trap {event.trap_id} may be a repeat: nothing is remembered of its alert, nor up to {forgotten}"
        return Transition(before, False, limits.is_late_told, f"{reason}: {event.reason}", "track.late")
    before, words = lapse(before, event.received_at)
    if event.replay_id and taken is not None and event.trap_id == taken.trap_id:
        undone = replay.take_back(before, event)
    else:
        undone = Step(before, "", is_effective=False)
    step = _take(undone.status, event, limits)
    reason = "; ".join((*words, undone.reason + step.reason))
    is_effective = undone.is_effective or step.is_effective
    return _conclude(status, before, event, Step(step.status, reason, is_effective), limits)


def _is_brought_back(before: TargetStatus, event: AlertEvent) -> bool:
    # Of the other kinds there is nothing to bring back where nothing is known of the key; a folded key is known.
    is_said_anew = event.replay_id != "" and event.replaces is None and event.kind in _BROUGHT_BACK
    return is_said_anew and not is_folded(before.memory.folded, event.alert_key)


def _take(before: TargetStatus, event: AlertEvent, limits: Limits) -> Step:
    match event.kind:
        case EventKind.RAISE:
            return alerts.raised(before, event, limits)
        case EventKind.CLEAR:
            return alerts.cleared(before, event)
        case EventKind.UPDATE:
            return alerts.updated(before, event)
        case EventKind.MAINTENANCE_START:
            return maintenance.started(before, event)
        case EventKind.MAINTENANCE_END:
            return maintenance.ended(before, event)
        case EventKind.WITHDRAW:
            return replay.withdrawn(before, event)


def _late(before: TargetStatus, event: AlertEvent, taken: Taken, limits: Limits) -> Transition:
    fewer = replay.take_back_older(before, event)
    if fewer is not None:
        reason = f"an occurrence of trap {event.trap_id} is taken back, later ones stay: {event.reason}"
        return _conclude(before, before, event, Step(fewer, reason), limits)
    if event.trap_id == taken.trap_id:
        reason = f"trap {event.trap_id} was read again since, by replay {taken.replay_id}"
    else:
        reason = f"trap {event.trap_id} is older than {taken.trap_id}, the last that this alert took"
    return Transition(before, False, limits.is_late_told, f"{reason}: {event.reason}", "track.late")


def _conclude(
    status: TargetStatus | None, before: TargetStatus, event: AlertEvent, step: Step, limits: Limits
) -> Transition:
    is_newest = event.received_at >= before.last_heard_at
    heard = replace(
        step.status,
        last_heard_at=event.received_at if is_newest else before.last_heard_at,
        sender=event.provenance.source_addr if is_newest else before.sender,
    )
    after, reason, rule_id = conclude(before, heard, event.received_at, step.reason, event.rule_id)
    if step.is_effective:
        after = replace(after, reason=reason, rule_id=rule_id)
    if event.expires_at is not None and event.expires_at <= after.last_heard_at:  # a replay of long ago
        after, words = lapse(after, after.last_heard_at)
        reason = "; ".join((reason, *words))
    if not step.is_effective and after == before:
        # Told where the target is new, or where something had its time; a repeat that nobody remembers is neither.
        return Transition(before, after != status, after != status, reason, rule_id)
    after, is_told, reason = tell(before, after, event.received_at, reason, limits)
    return Transition(after, after != status, is_told, reason, rule_id)


def _first(event: AlertEvent) -> TargetStatus:
    return TargetStatus(
        target=event.target,
        severity=Severity.CLEARED,
        since=event.received_at,
        last_heard_at=event.received_at,
        reason=f"heard of for the first time: {event.reason}",
        rule_id=event.rule_id,
        sender=event.provenance.source_addr,
    )


def _hear_canary(status: TargetStatus | None, before: TargetStatus, event: AlertEvent) -> Transition:
    told = {*before.blind, event.blind} if event.blind else set(before.blind)
    heard_at = max(before.last_heard_at, event.received_at)
    kept = sorted(
        (each for each in told if each.to_at > heard_at - _BLIND_FOR),
        key=lambda each: (each.to_at, each.from_at, each.reason),
    )
    after = replace(
        before,
        last_heard_at=heard_at,
        reason=event.reason,
        rule_id=event.rule_id,
        blind=tuple(kept[-BLIND_KEPT:]),
    )
    return Transition(after, after != status, False, event.reason, event.rule_id)
