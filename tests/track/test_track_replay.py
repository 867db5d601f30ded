"""A replay through corrected rules supersedes what its traps said, and counts nothing twice."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.track.events import at, cleared, command, event, fold, raised, status_after, updated
from trapline.protocol.alerts import AlertEvent, EventKind, Target
from trapline.protocol.commands import Action
from trapline.protocol.severity import Severity
from trapline.protocol.status import MORE_KEY, OpenAlert
from trapline.track.decide import NOBODY, Known, decide
from trapline.track.reduce import reduce
from trapline.track.storm import USUAL

RAISE, CLEAR, UPDATE, WITHDRAW = EventKind.RAISE, EventKind.CLEAR, EventKind.UPDATE, EventKind.WITHDRAW
MAJOR, MINOR, CRITICAL = Severity.MAJOR, Severity.MINOR, Severity.CRITICAL


def again(
    kind: EventKind,
    second: float,
    key: str = "status",
    *,
    replaces: EventKind | None = None,
    run: str = "r1",
    **fields: Any,
) -> AlertEvent:
    return event(kind, second, key, replay_id=run, replaces=replaces, **fields)


def the_alert(*log: Any) -> OpenAlert:
    (alert,) = status_after(*log).open_alerts
    return alert


def test_what_no_rule_took_is_taken_as_any_event() -> None:
    log = (raised(1), again(RAISE, 2, severity=CRITICAL), again(RAISE, 3, "other", severity=MINOR))

    assert [(CRITICAL, 2), (MINOR, 1)] == [(each.severity, each.occurrences) for each in status_after(*log).open_alerts]


def test_another_severity_replaces_and_is_no_second_occurrence() -> None:
    alert = the_alert(raised(1), raised(5, severity=CRITICAL), again(RAISE, 5, replaces=RAISE, severity=MINOR))

    assert (MINOR, 2, at(1)) == (alert.severity, alert.occurrences, alert.raised_at)


def test_a_raise_that_was_a_clear_after_all_ends_it() -> None:
    decision = fold(raised(1), raised(5), again(CLEAR, 5, replaces=RAISE))

    assert () == status_after(raised(1), raised(5), again(CLEAR, 5, replaces=RAISE)).open_alerts
    assert "an occurrence is taken back; cleared after major: OEM says so" == decision.reason


def test_a_clear_that_was_a_raise_after_all_opens_it() -> None:
    log = (raised(1), cleared(5), again(RAISE, 5, replaces=CLEAR, severity=MINOR))

    assert (MINOR, 1, at(5)) == (the_alert(*log).severity, the_alert(*log).occurrences, the_alert(*log).raised_at)
    assert fold(*log).reason.startswith("what it cleared is not known any more; raised minor")


def test_another_key_withdraws_the_old_and_raises_the_new() -> None:
    status = status_after(raised(1), again(WITHDRAW, 1, replaces=RAISE), again(RAISE, 1, "power"))

    assert [("power", 1)] == [(each.alert_key, each.occurrences) for each in status.open_alerts]


def test_another_target_withdraws_here_and_raises_there() -> None:
    other = Target(name="claimsdb2", type="oracle_database")
    here = decide(fold(raised(1)).known, again(WITHDRAW, 1, replaces=RAISE)).known.status
    there = decide(NOBODY, again(RAISE, 1, target=other)).known.status

    assert here is not None
    assert there is not None
    assert ((), 1) == (here.open_alerts, len(there.open_alerts))
    assert Severity.CLEARED is here.severity


def test_all_traps_of_an_alert_withdrawn_in_order_leave_nothing_however_many() -> None:
    log = [raised(n) for n in range(1, 6)]
    undone = [again(WITHDRAW, n, replaces=RAISE) for n in range(1, 6)]

    assert [5, 4, 3, 2, 1] == [the_alert(*log, *undone[:n]).occurrences for n in range(5)]
    assert () == status_after(*log, *undone).open_alerts


def test_the_last_trap_withdrawn_takes_its_worse_severity_with_it() -> None:
    log = (raised(1, severity=MINOR), raised(2, severity=CRITICAL), again(WITHDRAW, 2, replaces=RAISE))

    assert (MINOR, 1) == (the_alert(*log).severity, the_alert(*log).occurrences)


def test_an_update_that_was_never_counted_is_not_taken_back_from_the_count() -> None:
    assert 1 == the_alert(raised(1), updated(2), again(WITHDRAW, 2, replaces=UPDATE)).occurrences
    assert 1 == the_alert(raised(1), updated(2), again(WITHDRAW, 2, replaces=UPDATE), raised(2)).occurrences


def test_an_older_trap_of_the_same_kind_is_history_only() -> None:
    before, after = (
        fold(raised(1), raised(5)),
        fold(raised(1), raised(5), again(RAISE, 1, replaces=RAISE, severity=CRITICAL)),
    )

    assert (before.known, True, "track.late") == (after.known, after.is_history, after.rule_id)


def test_a_trap_from_before_the_alert_was_opened_anew_takes_nothing_from_it() -> None:
    assert 1 == the_alert(raised(1), cleared(2), raised(3), again(WITHDRAW, 1, replaces=RAISE)).occurrences


def test_of_two_replays_the_greater_holds_in_whatever_order_they_come() -> None:
    first, second = (
        again(RAISE, 1, replaces=RAISE, severity=MINOR),
        again(RAISE, 1, replaces=RAISE, run="r2", severity=CRITICAL),
    )

    assert CRITICAL is the_alert(raised(1), first, second).severity
    assert the_alert(raised(1), second) == the_alert(raised(1), second, first)
    assert "was read again since, by replay r2" in fold(raised(1), second, first).reason


def test_the_trap_itself_coming_again_after_its_replay_changes_nothing() -> None:
    for replayed in (again(RAISE, 1, replaces=RAISE, severity=MINOR), again(WITHDRAW, 1, replaces=RAISE)):
        assert fold(raised(1), replayed).known == fold(raised(1), replayed, raised(1)).known


def test_a_withdrawal_that_overtakes_its_trap_holds() -> None:
    assert () == status_after(cleared(0), again(WITHDRAW, 1), raised(1)).open_alerts


def test_a_blackout_that_was_an_alert_becomes_maintenance_and_back() -> None:
    begun = again(EventKind.MAINTENANCE_START, 1, replaces=RAISE)
    status = status_after(raised(1), begun)
    back = status_after(raised(1), begun, again(RAISE, 1, replaces=EventKind.MAINTENANCE_START, run="r2"))

    assert ((), 1) == (status.open_alerts, len(status.windows))
    assert (1, ()) == (len(back.open_alerts), back.windows)


def test_an_end_of_maintenance_that_was_none_leaves_it_running() -> None:
    start, end = event(EventKind.MAINTENANCE_START, 1), event(EventKind.MAINTENANCE_END, 9)
    (window,) = status_after(start, end, again(WITHDRAW, 9, replaces=EventKind.MAINTENANCE_END)).windows

    assert window.to_at is None


FORGETFUL = [each for n in range(30, 110, 2) for each in (raised(n, f"k{n}"), cleared(n + 1, f"k{n}"))]
"""More keys ended than are remembered: what is not newer than the newest forgotten may be a repeat."""


def test_what_no_rule_took_is_opened_on_a_target_that_has_forgotten_newer_traps() -> None:
    brought_back = again(RAISE, 1, "fan", severity=CRITICAL)
    decision = fold(*FORGETFUL, brought_back)

    assert "track.late" == fold(*FORGETFUL, raised(1, "fan")).rule_id
    assert ["fan"] == [each.alert_key for each in status_after(*FORGETFUL, brought_back).open_alerts]
    assert (True, "raised critical: OEM says so") == (decision.is_history, decision.reason)
    assert decision.known == decide(decision.known, brought_back).known


@pytest.mark.parametrize(
    "late",
    [again(RAISE, 1, "fan", replaces=RAISE), again(CLEAR, 1, "fan"), again(UPDATE, 1, "fan")],
    ids=["what was said before", "a clear of nothing", "an update of nothing"],
)
def test_a_replay_that_would_open_what_was_forgotten_or_nothing_is_late_as_it_was(late: AlertEvent) -> None:
    known = fold(*FORGETFUL).known

    assert ("track.late", known) == (decide(known, late).rule_id, decide(known, late).known)


def test_what_a_replay_brings_back_is_counted_once_among_those_that_are_not_kept_one_by_one() -> None:
    few = USUAL._replace(open_alerts=1)
    status, brought_back = fold(*FORGETFUL, raised(120, "one")).known.status, again(RAISE, 1, "fan")
    once = reduce(status, brought_back, few).status
    twice = reduce(once, brought_back, few).status

    assert once is not None
    assert [1] == [each.occurrences for each in once.open_alerts if each.alert_key == MORE_KEY]
    assert once == twice


def test_maintenance_that_no_rule_took_begins_on_a_target_that_has_forgotten_newer_traps() -> None:
    (window,) = status_after(*FORGETFUL, again(EventKind.MAINTENANCE_START, 1, "blackout")).windows

    assert ("blackout", at(1)) == (window.window_id, window.from_at)


def test_what_expired_long_ago_is_not_opened_by_its_replay() -> None:
    log = (raised(0, "other"), raised(9_000, "other"), again(RAISE, 1, expires_at=at(60)))

    assert ["other"] == [each.alert_key for each in status_after(*log).open_alerts]
    assert "; expired: major since 2026-03-02T13:00:01+00:00" in fold(*log).reason


def test_a_replay_does_not_bring_back_a_retired_target() -> None:
    known = fold(raised(1), command(Action.RETIRE, 10), again(RAISE, 1, replaces=RAISE)).known

    assert known.status is None
    assert known.retirement is not None
    assert 0 == known.retirement.heard


KINDS = st.sampled_from([RAISE, RAISE, CLEAR, UPDATE, EventKind.MAINTENANCE_START, EventKind.MAINTENANCE_END])
KEYS = st.sampled_from(["a", "b"])
SEVERITIES = st.sampled_from([MINOR, MAJOR, CRITICAL])


@st.composite
def corrected(draw: st.DrawFn) -> tuple[list[AlertEvent], list[AlertEvent]]:
    """A log, and a replay of some of its traps and of some that no rule took, in the order of arrival."""
    log, replay = list[AlertEvent](), list[AlertEvent]()
    for second in range(draw(st.integers(1, 12))):
        was = draw(st.none() | st.tuples(KINDS, KEYS))
        now = draw(st.none() | st.tuples(KINDS, KEYS))
        if was is not None:
            log.append(event(was[0], second, was[1], draw(SEVERITIES)))
        if was is not None and (now is None or now[1] != was[1]):
            replay.append(again(WITHDRAW, second, was[1], replaces=was[0]))
        if now is not None:
            same_key = was is not None and now[1] == was[1]
            replaces = was[0] if was is not None and same_key else None
            replay.append(again(now[0], second, now[1], replaces=replaces, severity=draw(SEVERITIES)))
    return log, replay


@given(corrected(), st.data())
def test_a_replay_that_is_killed_half_way_and_run_again_is_one_replay(
    logs: tuple[list[AlertEvent], list[AlertEvent]], data: st.DataObject
) -> None:
    log, replay = logs
    cut = data.draw(st.integers(0, len(replay)))

    assert settled(fold(*log, *replay).known) == settled(fold(*log, *replay[:cut], *replay).known)
    assert settled(fold(*log, *replay).known) == settled(fold(*log, *replay, *replay).known)


@given(corrected())
def test_the_log_itself_coming_again_after_the_replay_changes_nothing(
    logs: tuple[list[AlertEvent], list[AlertEvent]],
) -> None:
    log, replay = logs
    replayed = {(each.trap_id, each.alert_key) for each in replay}
    repeats = [each for each in log if (each.trap_id, each.alert_key) in replayed and each.kind is not UPDATE]

    assert settled(fold(*log, *replay).known) == settled(fold(*log, *replay, *repeats).known)


@given(st.lists(st.tuples(KEYS, SEVERITIES), min_size=1, max_size=12))
def test_all_withdrawn_is_nothing_open(traps: list[tuple[str, Severity]]) -> None:
    log = [raised(second, key, severity) for second, (key, severity) in enumerate(traps)]
    replay = [again(WITHDRAW, second, key, replaces=RAISE) for second, (key, _) in enumerate(traps)]

    assert () == status_after(*log, *replay).open_alerts


def settled(known: Known) -> Any:
    """What is open, who knows what, and what is maintained: without how often it was told."""
    status = known.status
    if status is None:
        return None
    return status.open_alerts, status.severity, status.windows, {each.alert_key for each in status.settled}
