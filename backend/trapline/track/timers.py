"""The clock's part: what is due becomes a command like an operator's. Pure.

Track writes the clock's commands to `commands` and takes them when it reads them, so that a status is a fold of
`alerts` and `commands` and of nothing else. A command says by its id what it is about, and by `issued_at` that the time
has come; where nothing is due any more (the alert took a later trap meanwhile) it does nothing, so it may come twice.
What is due is known from the status alone: after a restart the timers are what they were.
"""

from datetime import datetime

from msgspec.structs import replace

from trapline.protocol.commands import CLOCK, Action, Command
from trapline.protocol.status import TargetStatus
from trapline.track.flap import minute_of, start_of
from trapline.track.lapse import EXPIRE, SETTLE, Lapse, lapse, next_lapse
from trapline.track.storm import untold_in_words
from trapline.track.transition import Transition, nothing


def due_at(status: TargetStatus) -> datetime | None:
    """When the clock next has something to decide about a target, if nothing else happens."""
    first = _next(status)
    return first.at if first else None


def due(target_id: str, status: TargetStatus, now: datetime) -> Command | None:
    """What the clock decides about a target now; one command ends all that has had its time."""
    first = _next(status)
    if first is None or first.at > now:
        return None
    what = f"{first.alert.alert_key}/{first.alert.last_trap_id}" if first.alert else f"{target_id}/{_text(first.at)}"
    action = Action.EXPIRE if first.rule_id == EXPIRE else Action.SETTLE
    return Command(
        command_id=f"{action}/{what}",
        action=action,
        target_id=target_id,
        operator=CLOCK,
        issued_at=now,
        alert_key=first.alert.alert_key if first.alert else None,
        trap_id=first.alert.last_trap_id if first.alert else None,
    )


def strike(before: TargetStatus, command: Command) -> Transition:
    """The clock's command: what has had its time is ended, and what a storm left untold is counted in the history."""
    rule_id = f"track.{command.action}"
    lapsed, telling = lapse(before, command.issued_at), before.memory.telling
    untold = telling.untold if telling and minute_of(command.issued_at) > telling.minute else 0
    if not lapsed.words and not untold:
        return nothing(before, f"nothing of {command.target_id} has had its time", rule_id)
    after, words = lapsed.status, "; ".join(lapsed.words) or f"{before.severity} after many events"
    if untold and telling is not None:
        after = replace(after, memory=replace(after.memory, telling=replace(telling, untold=0)))
    reason = words + untold_in_words(untold)
    return Transition(replace(after, reason=reason, rule_id=rule_id), True, True, reason, rule_id)


def _next(status: TargetStatus) -> Lapse | None:
    first, telling = next_lapse(status), status.memory.telling
    # While it flaps, each minute's first step tells what was left out, and the end does.
    if telling is None or not telling.untold or status.is_flapping:
        return first
    told = Lapse(start_of(telling.minute + 1), SETTLE)
    return told if first is None or told.at < first.at else first


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
