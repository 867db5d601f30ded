"""A stored trap run again: what it said until now, what it says by other rules, and the events between. Pure.

- What a trap says until now is read from `alerts`, never guessed by the rules of then: its last event about each target
  and alert key, replays included. So a replay that was cut off and is run again does what is left of it, and no more.
- Where the meaning is the same, nothing is written. Rule id and reason are no part of the meaning.
- About a target and key of which it says nothing any more, the last event is withdrawn (docs/flow.md).
- A canary means what ingest says; it is not replayed.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from trapline.normalize.match import match
from trapline.normalize.rulebook import RuleBook
from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.traps import Trap

_REASON_LENGTH: Final = 500

Key = tuple[str, str]
"""Target id and alert key."""


class Difference(NamedTuple):
    """What the other rules change about one target and key. `before` and `after` are None where nothing is said."""

    before: AlertEvent | None
    after: AlertEvent | None
    event: AlertEvent

    @property
    def sentence(self) -> str:
        """What changes, without the trap's own words: there are few of these."""
        return f"{_said(self.before)} → {_said(self.after)}"


class Said:
    """What traps said until now, as far as `alerts` was given to `hear`."""

    def __init__(self) -> None:
        self._last: dict[str, dict[Key, bytes]] = {}
        self._replays: dict[tuple[str, Key], str] = {}

    def hear(self, event: AlertEvent, value: bytes) -> None:
        """One record of `alerts`, in any order; `value` is its octets, which is how it is kept."""
        key = (event.target.id, event.alert_key)
        known = self._replays.get((event.trap_id, key), "")
        if event.replay_id < known:
            return
        if event.replay_id:
            self._replays[event.trap_id, key] = event.replay_id
        self._last.setdefault(event.trap_id, {})[key] = value

    def of(self, trap_id: str) -> dict[Key, AlertEvent]:
        """The last event of a trap, about each target and key."""
        found = self._last.get(trap_id, {})
        return {key: msgspec.json.decode(value, type=AlertEvent) for key, value in found.items()}


def differences(trap: Trap, said: Mapping[Key, AlertEvent], rulebook: RuleBook, replay_id: str) -> Iterable[Difference]:
    """The events that make of what the trap said what it says by `rulebook`; none where that is the same."""
    now = match(trap, rulebook)
    why, event = (now, None) if isinstance(now, str) else (f"rule {now.rule_id} says something else of it", now)
    key = (event.target.id, event.alert_key) if event is not None else None
    for other, last in said.items():
        if other != key and last.kind is not EventKind.WITHDRAW:
            yield Difference(last, None, _withdrawal(last, why, replay_id))
    if event is None or key is None:
        return
    last_one = said.get(key)
    if last_one is not None and _meaning(last_one) == _meaning(event):
        return
    kind = last_one.kind if last_one is not None else None
    before = None if kind is EventKind.WITHDRAW else last_one
    yield Difference(before, event, msgspec.structs.replace(event, replay_id=replay_id, replaces=kind))


def _withdrawal(last: AlertEvent, why: str, replay_id: str) -> AlertEvent:
    reason = f"withdrawn by a replay: {why}"
    return msgspec.structs.replace(
        last, kind=EventKind.WITHDRAW, replaces=last.kind, replay_id=replay_id, reason=reason[:_REASON_LENGTH]
    )


def _meaning(event: AlertEvent) -> AlertEvent:
    return msgspec.structs.replace(event, replay_id="", replaces=None, rule_id="", reason="")


def _said(event: AlertEvent | None) -> str:
    if event is None:
        return "nothing"
    severity = f" {event.severity}" if event.kind is EventKind.RAISE else ""
    return f"{event.kind}{severity} by {event.rule_id}"
