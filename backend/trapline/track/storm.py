"""What a storm may do to one target: its status stays small, its history readable, what is left out is counted. Pure.

Alerts  up to `open_alerts` are kept by their keys. Those beyond are folded into one alert of its own (`MORE_KEY`): how
        many they are (digests of their keys are kept, so that none is counted twice and a clear ends its own; past
        3,000 only the count is), and the worst severity among them. A day after the last of them it ends. Nobody is
        told less than the worst.
Words   an alert of more than `ALERT_OCTETS` loses its words, never its severity; `caveats` says so.
History at most `told_per_minute` steps of a target are told in a minute, one while it flaps. What is not told is
        counted, and the next step that is told says how many there were. Operators' and the clock's commands are
        always told.
Senders of one sender `told_per_sender` steps are told in a minute, whatever its targets are; then each of its targets
        tells one a minute, and counts the others, and what is late is in the funnel's count only.
"""

from base64 import b64encode
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, NamedTuple

from msgspec.structs import replace

from trapline.protocol import codec
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.record import MOST_COUNTED
from trapline.protocol.severity import worst
from trapline.protocol.status import MORE_KEY, OpenAlert, TargetStatus, Telling
from trapline.track.flap import minute_of

ALERT_OCTETS: Final = 3_500
_MESSAGE_LENGTH: Final = 300
_KEYS_KEPT: Final = 3_000
_LATE_MINUTES: Final = 5
_MORE_FOR: Final = timedelta(hours=24)


class Limits(NamedTuple):
    """Of one target: alerts kept by key, steps told in a minute. Of one sender: steps told in a minute.

    `is_late_told`: whether the history has events that came too late to change anything; the funnel counts them.
    """

    open_alerts: int = 100
    told_per_minute: int = 60
    told_per_sender: int = 6_000
    is_late_told: bool = True


USUAL: Final = Limits()


class Senders:
    """How much the events of each sender have told in this minute, over all targets."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._few = limits._replace(told_per_minute=1, is_late_told=False)
        self._minute = 0
        self._told: dict[str, int] = {}

    def limits_for(self, event: AlertEvent) -> Limits:
        """The limits that hold for an event."""
        minute = minute_of(event.received_at)
        if _is_another(minute, self._minute):
            self._minute, self._told = minute, {}
        is_storm = self._told.get(event.provenance.source_addr, 0) >= self._limits.told_per_sender
        return self._few if is_storm else self._limits

    def told(self, event: AlertEvent) -> bool:
        """Counts a step that is told; true when it is the sender's last of this minute that is told as usual."""
        sender = event.provenance.source_addr
        self._told[sender] = count = self._told.get(sender, 0) + 1
        return count == self._limits.told_per_sender


def fitting(alert: OpenAlert) -> OpenAlert:
    """The alert, cut short where its words would fill the status."""
    octets = len(codec.encode(alert))
    if octets <= ALERT_OCTETS:
        return alert
    return replace(
        alert,
        message=alert.message[:_MESSAGE_LENGTH] + "…",
        occurred_text=None,
        event_type=None,
        incident=None,
        root_cause=None,
        links=(),
        caveats=(f"its words have {octets:,} octets and are cut short; the topic alerts has them all",),
    )


class Folded(NamedTuple):
    """The alert that stands for those that are not kept by key, where there are any, and the digests of their keys."""

    more: OpenAlert | None
    keys: tuple[str, ...]


def is_folded(keys: tuple[str, ...], alert_key: str) -> bool:
    """Whether a key is one of those that are not kept."""
    return bool(keys) and _digest(alert_key) in keys


def with_more(folded: Folded, event: AlertEvent) -> Folded:
    """The alert of the event, too, is not kept by key."""
    more, digest = folded.more, _digest(event.alert_key)
    is_new = digest not in folded.keys
    keys = (*folded.keys, digest) if is_new and len(folded.keys) < _KEYS_KEPT else folded.keys
    count = min((more.occurrences if more else 0) + is_new, MOST_COUNTED)
    return Folded(
        OpenAlert(
            alert_key=MORE_KEY,
            severity=worst([event.severity, *([more.severity] if more else ())]),
            message=_more_message(count),
            rule_id="track.storm",
            raised_at=more.raised_at if more else event.received_at,
            last_seen_at=event.received_at,
            last_trap_id=event.trap_id,
            occurrences=count,
            expires_at=event.received_at + _MORE_FOR,
        ),
        keys,
    )


def with_less(folded: Folded, event: AlertEvent) -> Folded | None:
    """One of them is cleared; None when the event clears none of them."""
    more, digest = folded.more, _digest(event.alert_key)
    if more is None or (digest not in folded.keys and more.occurrences <= len(folded.keys)):
        return None
    keys, count = tuple(each for each in folded.keys if each != digest), more.occurrences - 1
    if count < 1:
        return Folded(None, ())
    return Folded(replace(more, occurrences=count, message=_more_message(count), last_trap_id=event.trap_id), keys)


def _digest(alert_key: str) -> str:
    return b64encode(blake2b(alert_key.encode(errors="replace"), digest_size=6).digest()).decode()


def _more_message(count: int) -> str:
    return f"and {count:,} more that are not kept one by one: too many alerts are open on this target"


def tell(
    before: TargetStatus, after: TargetStatus, at: datetime, reason: str, limits: Limits
) -> tuple[TargetStatus, bool, str]:
    """Whether the step from `before` to `after` is told, and the reason with what was not told until now."""
    was, minute = before.memory.telling, minute_of(at)
    if was is None or _is_another(minute, was.minute):
        now, is_told = Telling(minute=minute, told=1), True
    elif not before.is_flapping and (was.told < limits.told_per_minute or after.is_flapping):
        now, is_told = Telling(minute=was.minute, told=was.told + 1), True
    else:
        now, is_told = Telling(minute=was.minute, told=was.told, untold=min(was.untold + 1, MOST_COUNTED)), False
    if is_told and was is not None:
        reason += untold_in_words(was.untold)
    return replace(after, memory=replace(after.memory, telling=now)), is_told, reason


def _is_another(minute: int, counted: int) -> bool:
    # A trap that is a little late counts in the newest minute; one that is far behind says that a clock was ahead.
    return minute > counted or minute < counted - _LATE_MINUTES


def untold_in_words(untold: int) -> str:
    """How a told step says what was left out before it."""
    return f"; {untold:,} steps before it are counted, not told one by one" if untold else ""
