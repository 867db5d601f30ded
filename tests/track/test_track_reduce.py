"""The fold, case by case."""

from datetime import timedelta

import pytest

from tests.track.events import DATABASE, NODE, at, cleared, command, raised, trap_id, updated
from trapline.protocol.alerts import AlertEvent, BlindInterval, Incident, Link, Target
from trapline.protocol.commands import Action, Command
from trapline.protocol.severity import Severity
from trapline.protocol.status import Acknowledgement, SeverityChange, TargetStatus
from trapline.track.alerts import SETTLED_KEPT
from trapline.track.conclude import CHANGES_KEPT
from trapline.track.orders import apply_command
from trapline.track.reduce import BLIND_KEPT, reduce
from trapline.track.transition import Transition

INCIDENT = Incident(id="20311", owner="DBA_ONCALL")
MINOR, MAJOR, CRITICAL, CLEARED = Severity.MINOR, Severity.MAJOR, Severity.CRITICAL, Severity.CLEARED


def steps(*log: AlertEvent | Command) -> list[Transition]:
    status: TargetStatus | None = None
    taken: list[Transition] = []
    for each in log:
        taken.append(apply_command(status, each) if isinstance(each, Command) else reduce(status, each))
        status = taken[-1].status
    return taken


def last(*log: AlertEvent | Command) -> tuple[Transition, TargetStatus]:
    step = steps(*log)[-1]
    assert step.status is not None
    return step, step.status


def test_a_raise_opens_an_alert() -> None:
    step, status = last(raised(1, incident=INCIDENT))

    assert (True, True, "oem-event") == (step.is_change, step.is_history, step.rule_id)
    assert "raised major: OEM says so" == step.reason == status.reason
    assert (MAJOR, at(1), at(1), DATABASE) == (status.severity, status.since, status.last_heard_at, status.target)
    (alert,) = status.open_alerts
    assert ("status", 1, at(1), INCIDENT) == (alert.alert_key, alert.occurrences, alert.raised_at, alert.incident)


def test_raising_again_counts_an_occurrence_and_keeps_since() -> None:
    step, status = last(raised(1), raised(5))

    (alert,) = status.open_alerts
    assert (2, at(1), at(5), at(1)) == (alert.occurrences, alert.raised_at, alert.last_seen_at, status.since)
    assert "major again, occurrence 2: OEM says so" == step.reason


def test_a_repeat_changes_nothing() -> None:
    first, repeat = steps(raised(1), raised(1))

    assert repeat == Transition(first.status, False, False, f"trap {trap_id(1)} is already taken", "track.repeat")


def test_a_repeat_of_a_raise_after_its_clear_changes_nothing() -> None:
    *_, after_clear, repeat = steps(raised(1), cleared(2), raised(1))

    assert after_clear.status == repeat.status
    assert (False, True, "track.late") == (repeat.is_change, repeat.is_history, repeat.rule_id)


def test_a_raise_after_the_clear_opens_it_anew() -> None:
    _, status = last(raised(1), cleared(2), raised(3))

    assert (MAJOR, at(3), ()) == (status.severity, status.since, status.settled)


def test_a_clear_that_arrived_before_its_raise_holds() -> None:
    step, status = last(cleared(2), raised(1))

    assert (CLEARED, ()) == (status.severity, status.open_alerts)
    assert step.reason.startswith(f"trap {trap_id(1)} is older than {trap_id(2)}, the last that this alert took")


def test_a_clear_ends_its_alert_only() -> None:
    step, status = last(raised(1, "a", CRITICAL), raised(2, "b", MINOR), cleared(3, "a"))

    assert (["b"], MINOR, at(3)) == ([alert.alert_key for alert in status.open_alerts], status.severity, status.since)
    assert "cleared after critical: OEM says so; still open: 1" == step.reason


def test_a_clear_of_what_was_never_open_makes_the_target_known() -> None:
    step, status = last(cleared(1))

    assert (CLEARED, at(1), True, True) == (status.severity, status.since, step.is_change, step.is_history)
    assert "cleared what was not open: OEM says so" == step.reason


@pytest.mark.parametrize("severity", [Severity.INDETERMINATE, Severity.WARNING, MINOR, MAJOR, CRITICAL])
def test_the_worst_open_alert_is_the_severity(severity: Severity) -> None:
    _, status = last(raised(1, "a", severity), raised(2, "b", Severity.INDETERMINATE))

    assert severity is status.severity
    assert "a" == status.open_alerts[0].alert_key


def test_a_raise_takes_over_severity_and_words_of_its_alert() -> None:
    moved = Target(name=DATABASE.name, type=DATABASE.type, host="claims-db-02.example.com")
    step, status = last(
        raised(1, severity=MINOR, incident=INCIDENT), raised(4, severity=CRITICAL, message="worse", target=moved)
    )

    (alert,) = status.open_alerts
    assert (CRITICAL, "worse", INCIDENT) == (alert.severity, alert.message, alert.incident)
    assert (CRITICAL, at(4), moved) == (status.severity, status.since, status.target)
    assert "from minor to critical: OEM says so" == step.reason


def test_an_update_takes_over_words_never_the_severity() -> None:
    link = Link(label="Event in OEM", url="https://oem.example.com/e")
    said = updated(2, severity=CRITICAL, message="restarted", incident=INCIDENT, root_cause="disk", links=(link,))
    step, status = last(raised(1), said)

    (alert,) = status.open_alerts
    assert (MAJOR, 1, at(2)) == (alert.severity, alert.occurrences, alert.last_seen_at)
    assert ("restarted", INCIDENT, "disk", (link,)) == (alert.message, alert.incident, alert.root_cause, alert.links)
    assert "said about an open alert: OEM says so" == step.reason


def test_an_update_about_no_alert_is_history_and_shows_that_the_target_is_heard_of() -> None:
    before, after = steps(raised(1), updated(9, "other"))

    assert before.status is not None
    assert after.status is not None
    assert (True, True, at(9)) == (after.is_change, after.is_history, after.status.last_heard_at)
    assert (before.status.open_alerts, before.status.reason) == (after.status.open_alerts, after.status.reason)


@pytest.mark.parametrize("between", [(), (raised(20),)], ids=["at once", "later"])
def test_an_update_about_no_alert_is_told_once_however_often_it_comes(between: tuple[AlertEvent, ...]) -> None:
    *_, before, again = steps(raised(1), updated(9, "other"), *between, updated(9, "other"))

    assert before.status == again.status
    assert (False, False, "about no open alert: OEM says so") == (again.is_change, again.is_history, again.reason)


def test_an_update_about_no_alert_is_told_where_nothing_else_is_known_of_the_target() -> None:
    first, again = steps(updated(9), updated(9))

    assert [(True, True), (False, False)] == [(each.is_change, each.is_history) for each in (first, again)]


def test_what_ended_by_the_time_of_an_update_that_changes_nothing_is_told() -> None:
    *_, step = steps(raised(1, expires_at=at(5)), updated(9, "other"))

    assert (True, True) == (step.is_change, step.is_history)
    assert "expired" in step.reason


def test_an_older_event_is_history_only() -> None:
    before, late = steps(raised(5), raised(3, severity=CRITICAL))

    assert (before.status, False, True, "track.late") == (late.status, late.is_change, late.is_history, late.rule_id)


def test_what_was_cleared_is_remembered_within_bounds() -> None:
    _, status = last(*(cleared(second, f"key {second}") for second in range(100)))

    assert SETTLED_KEPT == len(status.settled)
    assert "key 99" == status.settled[-1].alert_key


def test_changes_hold_fifteen_minutes_and_the_one_before() -> None:
    _, status = last(raised(0), cleared(60), raised(120), cleared(1000), raised(1060))

    assert (
        SeverityChange(at=at(120), severity=MAJOR),
        SeverityChange(at=at(1000), severity=CLEARED),
        SeverityChange(at=at(1060), severity=MAJOR),
    ) == status.changes


def test_flapping_leaves_the_base_of_the_trend() -> None:
    flapping = [raised(second) if second % 2 else cleared(second) for second in range(1000, 1200)]
    _, status = last(raised(0), *flapping)

    assert CHANGES_KEPT == len(status.changes)
    assert SeverityChange(at=at(0), severity=MAJOR) == status.changes[0]
    assert at(1199) == status.changes[-1].at == status.since


def test_since_never_runs_backwards() -> None:
    _, status = last(raised(10, "a", MINOR), raised(5, "b", CRITICAL))

    assert (CRITICAL, at(10), at(10)) == (status.severity, status.since, status.last_heard_at)


ACKNOWLEDGED = Acknowledgement(operator="anna", at=at(2), note="disk ordered")
ACKNOWLEDGE = command(Action.ACKNOWLEDGE, 2, "disk ordered")


@pytest.mark.parametrize(
    ("after", "kept", "why"),
    [
        ((raised(3),), True, ""),
        ((raised(3, "other", MINOR),), True, ""),
        ((raised(3, severity=MINOR),), True, ""),
        ((raised(3, severity=CRITICAL),), False, "anna's acknowledgement ends, because it got worse"),
        ((raised(3, "other", CRITICAL),), False, "anna's acknowledgement ends, because it got worse"),
        ((cleared(3),), False, "anna's acknowledgement ends, because it is clear"),
        ((raised(3, "other", MINOR), cleared(4)), True, ""),
    ],
    ids=[
        "again",
        "another as bad or better",
        "better",
        "worse",
        "another that is worse",
        "clear",
        "clear but not of all",
    ],
)
def test_an_acknowledgement_ends_when_the_target_is_clear_or_worse(
    after: tuple[AlertEvent, ...], kept: bool, why: str
) -> None:
    step, status = last(raised(1), ACKNOWLEDGE, *after)

    assert (ACKNOWLEDGED if kept else None) == status.acknowledgement
    assert step.reason.endswith(why)


def test_an_operator_acknowledges_and_takes_it_back() -> None:
    acknowledged, back = steps(raised(1), ACKNOWLEDGE, command(Action.UNACKNOWLEDGE, 3))[1:]

    assert acknowledged.status is not None
    assert back.status is not None
    assert (ACKNOWLEDGED, None) == (acknowledged.status.acknowledgement, back.status.acknowledgement)
    assert ("anna acknowledged: disk ordered", "track.acknowledge") == (acknowledged.reason, acknowledged.rule_id)
    assert "anna took the acknowledgement back" == back.reason


def test_the_same_command_again_changes_nothing() -> None:
    once, again = steps(raised(1), ACKNOWLEDGE, ACKNOWLEDGE)[1:]

    assert (once.status, False, False) == (again.status, again.is_change, again.is_history)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Action.ACKNOWLEDGE, "anna acknowledged, but no alert is open"),
        (Action.UNACKNOWLEDGE, "anna took back an acknowledgement, but there was none"),
    ],
)
def test_a_command_without_effect_is_history_with_a_reason(action: Action, reason: str) -> None:
    before, after = steps(cleared(1), command(action, 2))

    assert before.status is not None
    assert after.status is not None
    assert (reason, True) == (after.reason, after.is_history)
    assert (before.status.acknowledgement, before.status.reason) == (after.status.acknowledgement, after.status.reason)


def test_a_command_for_a_target_that_nobody_knows_has_no_status() -> None:
    step = apply_command(None, ACKNOWLEDGE)

    assert (None, False, False) == step[:3]
    assert "oracle_database:claimsdb1 has no status: it was never heard of" in step.reason


def test_a_canary_is_no_history() -> None:
    step, status = last(updated(1, target=NODE), updated(6, target=NODE))

    assert (True, False, CLEARED, at(6), ()) == (
        step.is_change,
        step.is_history,
        status.severity,
        status.last_heard_at,
        status.open_alerts,
    )


def test_a_blind_time_that_canaries_tell_again_and_again_is_kept_once() -> None:
    blind = BlindInterval(from_at=at(1), to_at=at(2), reason="restart")
    _, status = last(*(updated(second, target=NODE, blind=blind) for second in range(5, 50, 5)))

    assert (blind,) == status.blind


def test_blind_times_are_kept_for_a_day_and_within_bounds() -> None:
    many = [
        updated(
            second, target=NODE, blind=BlindInterval(from_at=at(second), to_at=at(second + 1), reason="kernel", lost=3)
        )
        for second in range(100)
    ]
    _, status = last(*many)
    _, a_day_later = last(*many, updated(timedelta(hours=24).total_seconds() + 99, target=NODE))

    assert (BLIND_KEPT, at(100)) == (len(status.blind), status.blind[-1].to_at)
    assert [at(100)] == [each.to_at for each in a_day_later.blind]
