"""What the clock decides: alerts and acknowledgements that have had their time, targets that are steady again. Pure.

A decision of the clock is a command like an operator's: track writes it to `commands` and takes it when it reads it, so
that a status is a fold of `alerts` and `commands` and of nothing else. Its id says what it is about; it does nothing
when that is not so any more (the alert took a later trap meanwhile), so it may come twice. What is due is known from
the status alone: after a restart the timers are what they were.
"""

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from trapline.protocol.commands import CLOCK, Action, Command
from trapline.protocol.status import Acknowledgement, OpenAlert, TargetStatus
from trapline.track.alerts import Taken, open_alert, without_alert
from trapline.track.alerts import settle as remember_ended
from trapline.track.conclude import conclude
from trapline.track.flap import ENDS_BELOW, MINUTES, minute_of, percent, start_of, steady_at
from trapline.track.storm import untold_in_words
from trapline.track.transition import Transition, nothing

_EXPIRE: Final = f"track.{Action.EXPIRE}"
_SETTLE: Final = f"track.{Action.SETTLE}"


class Timers:
    """When the clock next has something to decide about each target."""

    def __init__(self) -> None:
        self._due: dict[tuple[int, str], datetime] = {}
        self._heap: list[tuple[datetime, tuple[int, str]]] = []

    def watch(self, target: tuple[int, str], at: datetime | None) -> None:
        """From now on a target (its partition, its id) is due at `at`, or never."""
        if at is None:
            self._due.pop(target, None)
        elif self._due.get(target) != at:
            self._due[target] = at
            heapq.heappush(self._heap, (at, target))

    def take(self, now: datetime, most: int) -> Iterator[tuple[int, str]]:
        """Up to `most` targets that are due, the longest due first; each is due no more until it is watched again."""
        while self._heap and self._heap[0][0] <= now and most > 0:
            at, target = heapq.heappop(self._heap)
            if self._due.get(target) == at:
                del self._due[target]
                most -= 1
                yield target


def due_at(status: TargetStatus) -> datetime | None:
    """When the clock next has something to decide about a target, if nothing else happens."""
    return min((at for at in (*_ends(status), _steady_at(status)) if at is not None), default=None)


def due(target_id: str, status: TargetStatus, now: datetime) -> list[Command]:
    """What the clock decides about a target now."""
    commands: list[Command] = []

    def add(command_id: str, action: Action, alert: OpenAlert | None = None) -> None:
        commands.append(
            Command(
                command_id=command_id,
                action=action,
                target_id=target_id,
                operator=CLOCK,
                issued_at=now,
                alert_key=alert.alert_key if alert else None,
                trap_id=alert.last_trap_id if alert else None,
            )
        )

    for alert in status.open_alerts:
        if _is_over(alert.expires_at, now):
            add(f"expire/{alert.alert_key}/{alert.last_trap_id}", Action.EXPIRE, alert)
    acknowledgement = status.acknowledgement
    if acknowledgement is not None and acknowledgement.until is not None and acknowledgement.until <= now:
        add(f"expire/{target_id}/{acknowledgement.until.isoformat()}", Action.EXPIRE)
    steady = _steady_at(status)
    if steady is not None and steady <= now:
        add(f"settle/{target_id}/{steady.isoformat()}", Action.SETTLE)
    return commands


def expire(before: TargetStatus, command: Command) -> Transition:
    """An alert, or the acknowledgement, ends by itself."""
    if command.alert_key is None:
        return _expire_acknowledgement(before, before.acknowledgement, command)
    alert = open_alert(before, command.alert_key)
    if alert is None or alert.last_trap_id != command.trap_id or not _is_over(alert.expires_at, command.issued_at):
        return nothing(before, f"{command.alert_key} took a later trap or is not open: it does not expire", _EXPIRE)
    ended = remember_ended(
        without_alert(before, alert.alert_key), alert.alert_key, Taken(alert.last_trap_id, alert.last_replay_id)
    )
    reason = (
        f"expired: {alert.severity} since {_text(alert.raised_at)}, not raised again until {_text(alert.expires_at)}"
    )
    after, reason, rule_id = conclude(before, ended, command.issued_at, reason, _EXPIRE)
    return Transition(replace(after, reason=reason, rule_id=rule_id), True, True, reason, rule_id)


def _expire_acknowledgement(before: TargetStatus, given: Acknowledgement | None, command: Command) -> Transition:
    if given is None or not _is_over(given.until, command.issued_at):
        return nothing(before, "no acknowledgement has had its time", _EXPIRE)
    reason = f"{given.operator}'s acknowledgement ends, because it was until {_text(given.until)}"
    after = replace(before, acknowledgement=None, reason=reason, rule_id=_EXPIRE)
    return Transition(after, True, True, reason, _EXPIRE)


def settle(before: TargetStatus, command: Command) -> Transition:
    """A flapping target is steady again, or a storm is over: what was not told is counted in the history."""
    minute, telling = minute_of(command.issued_at), before.memory.telling
    untold = telling.untold if telling else 0
    if before.is_flapping:
        share = percent(before.memory.flipped, minute)
        if share >= ENDS_BELOW:
            return nothing(before, f"it changed in {share:.0f} % of the last {MINUTES} minutes: flapping", _SETTLE)
        words = f"steady again, {before.severity}: below {ENDS_BELOW:g} % of the last {MINUTES} minutes"
    elif telling is not None and untold and minute > telling.minute:
        words = f"{before.severity} after many events"
    else:
        return nothing(before, "nothing is left to tell", _SETTLE)
    memory = replace(before.memory, telling=replace(telling, untold=0) if telling else None)
    reason = words + untold_in_words(untold)
    after = replace(before, is_flapping=False, memory=memory, reason=reason, rule_id=_SETTLE)
    return Transition(after, True, True, reason, _SETTLE)


def _ends(status: TargetStatus) -> Iterator[datetime | None]:
    yield from (alert.expires_at for alert in status.open_alerts)
    if status.acknowledgement is not None:
        yield status.acknowledgement.until


def _steady_at(status: TargetStatus) -> datetime | None:
    if status.is_flapping:
        return steady_at(status.memory.flipped)
    telling = status.memory.telling
    return start_of(telling.minute + 1) if telling is not None and telling.untold else None


def _is_over(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _text(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "then"
