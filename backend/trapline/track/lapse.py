"""What has had its time: alerts that expire, acknowledgements until a time, targets that are steady again. Pure.

It ends at its own moment, in the order of those moments, whoever says that the time has come: a command of the clock,
or the next event of the target. So it does not matter which of the two track happens to read first.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from trapline.protocol.commands import Action
from trapline.protocol.status import OpenAlert, TargetStatus
from trapline.track.alerts import Taken, settle, without_alert
from trapline.track.conclude import conclude
from trapline.track.flap import ENDS_BELOW, MINUTES, steady_at
from trapline.track.maintenance import without_past

EXPIRE: Final = f"track.{Action.EXPIRE}"
SETTLE: Final = f"track.{Action.SETTLE}"


class Lapse(NamedTuple):
    """Something that ends at `at`: an alert, or without one the acknowledgement (EXPIRE) or the flapping (SETTLE)."""

    at: datetime
    rule_id: str
    alert: OpenAlert | None = None


class Lapsed(NamedTuple):
    """The status without what has had its time, and a sentence about each."""

    status: TargetStatus
    words: tuple[str, ...] = ()


def next_lapse(status: TargetStatus) -> Lapse | None:
    """What ends next by itself."""
    return min(_lapses(status), key=lambda each: each.at, default=None)


def lapse(status: TargetStatus, until: datetime) -> Lapsed:
    """Everything that has had its time by then is ended; windows of days ago are dropped without a word."""
    status = without_past(status, until)
    words: list[str] = []
    while (each := next_lapse(status)) is not None and each.at <= until:
        if each.alert is not None:
            status, reason = _without(status, each.alert, each.at)
        elif each.rule_id == SETTLE:
            reason = f"steady again, {status.severity}: below {ENDS_BELOW:g} % of the last {MINUTES} minutes"
            status = replace(status, is_flapping=False)
        else:
            who = status.acknowledgement.operator if status.acknowledgement else "nobody"
            reason = f"{who}'s acknowledgement ends, because it was until {_text(each.at)}"
            status = replace(status, acknowledgement=None)
        status = replace(status, reason=reason, rule_id=each.rule_id)
        words.append(reason)
    return Lapsed(status, tuple(words))


def _lapses(status: TargetStatus) -> Iterator[Lapse]:
    for alert in status.open_alerts:
        if alert.expires_at is not None:
            yield Lapse(alert.expires_at, EXPIRE, alert)
    if status.acknowledgement is not None and status.acknowledgement.until is not None:
        yield Lapse(status.acknowledgement.until, EXPIRE)
    if status.is_flapping:
        yield Lapse(steady_at(status.memory.flipped), SETTLE)


def _without(status: TargetStatus, alert: OpenAlert, at: datetime) -> tuple[TargetStatus, str]:
    taken = Taken(alert.last_trap_id, alert.last_replay_id)
    ended = settle(without_alert(status, alert.alert_key), alert.alert_key, taken)
    reason = f"expired: {alert.severity} since {_text(alert.raised_at)}, not raised again until {_text(at)}"
    concluded = conclude(status, ended, at, reason, EXPIRE)
    return concluded.status, concluded.reason


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
