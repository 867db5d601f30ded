"""Maintenance windows: from senders, from operators, of tiers and servers."""

from typing import Any

import pytest

from tests.track.events import DATABASE, at, command, event, fold, raised, status_after
from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.commands import Action, Command, MaintenanceWindow
from trapline.protocol.scope import sender_id, tier_scope
from trapline.protocol.severity import Severity
from trapline.track.decide import NOBODY, decide
from trapline.track.maintenance import WINDOWS_KEPT

DAY = 24 * 3600


def begun(second: float, key: str = "blackout", **fields: Any) -> AlertEvent:
    return event(EventKind.MAINTENANCE_START, second, key, **fields)


def over(second: float, key: str = "blackout") -> AlertEvent:
    return event(EventKind.MAINTENANCE_END, second, key)


def window(window_id: str = "w1", **fields: Any) -> MaintenanceWindow:
    known: dict[str, Any] = {"window_id": window_id, "from_at": at(100), "to_at": at(200)}
    return MaintenanceWindow(**(known | fields))


def planned(second: float, **fields: Any) -> Command:
    return command(Action.MAINTAIN, second, window=window(**fields))


def ended(second: float, window_id: str = "w1") -> Command:
    return command(Action.END_MAINTENANCE, second, window_id=window_id)


def test_a_senders_window_is_open_until_it_says_that_it_is_over() -> None:
    (running,) = status_after(raised(1), begun(2)).windows
    (past,) = status_after(raised(1), begun(2), over(30)).windows

    assert ("blackout", at(2), None, "oem-event") == (running.window_id, running.from_at, running.to_at, running.source)
    assert (at(2), at(30)) == (past.from_at, past.to_at)


def test_a_window_changes_no_severity_and_no_alert() -> None:
    before, after = status_after(raised(1)), status_after(raised(1), begun(2), planned(3))

    assert (before.severity, before.since, before.open_alerts) == (after.severity, after.since, after.open_alerts)
    assert 2 == len(after.windows)


def test_saying_it_again_goes_on_from_when_it_began() -> None:
    decision = fold(begun(2), begun(9))

    assert "maintenance goes on: OEM says so" == decision.reason
    assert [at(2)] == [each.from_at for each in status_after(begun(2), begun(9)).windows]


@pytest.mark.parametrize(
    "log",
    [
        (begun(2), over(30), begun(2)),
        (begun(2), over(30), over(30)),
        (over(30), begun(2)),
        (begun(2), over(30), over(9)),
    ],
    ids=["start again", "end again", "end before start", "an older end"],
)
def test_what_comes_again_or_late_changes_no_window(log: tuple[AlertEvent, ...]) -> None:
    assert status_after(*log[:-1]).windows == status_after(*log).windows


def test_an_operator_plans_changes_and_ends_a_window() -> None:
    plan, change = planned(1, note="patches"), planned(2, to_at=at(300), note="patches")

    assert (window(note="patches"),) == status_after(raised(0), plan).windows
    assert (window(note="patches", to_at=at(300)),) == status_after(raised(0), plan, change).windows
    assert (window(note="patches", to_at=at(150)),) == status_after(raised(0), plan, ended(150)).windows
    assert () == status_after(raised(0), plan, ended(50)).windows
    assert "anna planned maintenance from 2026-03-02T13:01:40+00:00 to 2026-03-02T13:03:20+00:00: patches" == (
        fold(raised(0), plan).reason
    )


def test_an_operator_ends_what_a_sender_began_and_a_window_that_recurs() -> None:
    weekly = planned(1, recurrence="FREQ=WEEKLY", time_zone="Europe/Zurich")

    assert [at(9)] == [each.to_at for each in status_after(begun(2), ended(9, "blackout")).windows]
    assert () == status_after(raised(0), weekly, ended(150)).windows
    assert "again by FREQ=WEEKLY in Europe/Zurich" in fold(raised(0), weekly).reason


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (ended(9, "other"), "anna ended maintenance other, but there is no such window now"),
        (command(Action.END_MAINTENANCE, 9), "anna ended maintenance None, but there is no such window now"),
        (command(Action.MAINTAIN, 9), "anna planned maintenance without a window"),
    ],
)
def test_a_wish_without_effect_is_told_with_a_reason(wish: Command, reason: str) -> None:
    decision = fold(raised(1), planned(2), wish)

    assert (True, reason) == (decision.is_history, decision.reason)
    assert status_after(raised(1), planned(2)).windows == status_after(raised(1), planned(2), wish).windows


def test_a_window_that_is_over_is_kept_for_a_day_and_one_that_recurs_for_ever() -> None:
    log = (raised(0), planned(1), planned(2, window_id="weekly", recurrence="FREQ=WEEKLY"))
    within = status_after(*log, planned(DAY, window_id="w2"))
    after = status_after(*log, planned(DAY + 201, window_id="w2"))

    assert ["weekly"] == [each.window_id for each in status_after(*log, raised(DAY + 201)).windows]
    assert ["w1", "weekly", "w2"] == [each.window_id for each in within.windows]
    assert ["weekly", "w2"] == [each.window_id for each in after.windows]


def test_windows_are_bounded_and_one_more_is_refused_with_a_reason() -> None:
    log = [planned(second, window_id=f"w{second}") for second in range(WINDOWS_KEPT)]
    decision = fold(raised(0), *log, planned(90, window_id="more"))

    assert "anna planned maintenance, but 32 windows are known already; end one first" == decision.reason
    assert status_after(raised(0), *log).windows == status_after(raised(0), *log, begun(99)).windows


def test_a_tier_has_a_status_of_its_own_from_the_first_command_on() -> None:
    tier = tier_scope("database")
    decision = decide(NOBODY, command(Action.MAINTAIN, 1, target_id=tier, window=window()))
    status = decision.known.status

    assert status is not None
    assert (tier, Severity.CLEARED, (window(),), ()) == (
        status.target.id,
        status.severity,
        status.windows,
        status.open_alerts,
    )
    off = decide(decision.known, command(Action.END_MAINTENANCE, 150, target_id=tier, window_id="w1")).known.status
    assert off is not None
    assert [at(150)] == [each.to_at for each in off.windows]


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.END_MAINTENANCE, Action.RETIRE])
def test_a_tier_that_nobody_maintains_has_nothing_else(action: Action) -> None:
    decision = decide(NOBODY, command(action, 1, target_id=tier_scope("database")))

    assert (NOBODY, True) == (decision.known, decision.is_refused)


@pytest.mark.parametrize("action", [Action.APPROVE_SENDER, Action.REFUSE_SENDER])
def test_a_command_about_a_sender_is_not_for_track(action: Action) -> None:
    decision = decide(NOBODY, command(action, 1, target_id=sender_id("80001f88", "oem")))

    assert (NOBODY, False, False) == (decision.known, decision.is_history, decision.is_refused)


def test_maintenance_for_a_target_that_nobody_knows_is_refused() -> None:
    assert decide(NOBODY, command(Action.MAINTAIN, 1, target_id=DATABASE.id, window=window())).is_refused
