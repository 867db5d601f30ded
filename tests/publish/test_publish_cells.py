"""Targets folded into a cell."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.protocol.alerts import Incident, Target
from trapline.protocol.grid import Trend
from trapline.protocol.severity import Severity, rank, worst
from trapline.protocol.status import Acknowledgement, OpenAlert, SeverityChange, TargetStatus
from trapline.publish.cells import Place, fold, trend_changes_at

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PLACE = Place("web-01", "web", "host")
CLEARED, WARNING, MINOR, MAJOR, CRITICAL = (
    Severity.CLEARED,
    Severity.WARNING,
    Severity.MINOR,
    Severity.MAJOR,
    Severity.CRITICAL,
)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def history(*changes: tuple[float, Severity]) -> TargetStatus:
    """A target whose severity became so many minutes ago what it says, oldest first."""
    made = tuple(SeverityChange(at=ago(minutes), severity=severity) for minutes, severity in changes)
    return TargetStatus(
        target=Target(name="t", type="host"),
        severity=made[-1].severity,
        since=made[-1].at,
        last_heard_at=made[-1].at,
        reason="test",
        rule_id="r",
        changes=made,
    )


def alert(severity: Severity, raised: float, **fields: object) -> OpenAlert:
    values: dict[str, object] = {
        "alert_key": f"{severity}{raised}",
        "severity": severity,
        "message": f"{severity} {raised:g} minutes ago",
        "rule_id": "r",
        "raised_at": ago(raised),
        "last_seen_at": ago(raised),
        "last_trap_id": "0",
    }
    return OpenAlert(**(values | fields))  # type: ignore[arg-type]  # a table of fields


def with_alerts(*alerts: OpenAlert, acknowledged: float | None = None) -> TargetStatus:
    return TargetStatus(
        target=Target(name="t", type="host"),
        severity=worst(one.severity for one in alerts),
        since=ago(1),
        last_heard_at=ago(1),
        reason="test",
        rule_id="r",
        open_alerts=alerts,
        acknowledgement=None
        if acknowledged is None
        else Acknowledgement(operator=f"op{acknowledged:g}", at=ago(acknowledged)),
    )


def test_a_server_of_which_nothing_was_heard_is_unknown_not_healthy() -> None:
    cell = fold(PLACE, [], NOW)
    assert (cell.severity, cell.since, cell.last_heard_at) == (None, None, None)


@pytest.mark.parametrize(
    ("statuses", "severity", "since"),
    [
        pytest.param([history((5, MAJOR))], MAJOR, 5, id="one target"),
        pytest.param([history((9, CLEARED)), history((5, MINOR))], MINOR, 5, id="the worst of two"),
        pytest.param([history((9, MAJOR)), history((5, MAJOR))], MAJOR, 9, id="both, the first of them"),
        pytest.param(
            [history((30, CLEARED), (20, CRITICAL), (10, CLEARED)), history((25, MINOR))],
            MINOR,
            10,
            id="since the worse one recovered",
        ),
        pytest.param(
            [history((30, CLEARED), (20, MAJOR), (10, CLEARED)), history((40, CLEARED), (15, MAJOR))],
            MAJOR,
            20,
            id="one handed over to another without a break",
        ),
        pytest.param(
            [history((30, CLEARED), (20, MAJOR), (10, CLEARED)), history((40, CLEARED), (10, MAJOR))],
            MAJOR,
            20,
            id="handed over at the very moment",
        ),
        pytest.param(
            [history((30, MAJOR), (20, CLEARED), (10, MAJOR)), history((40, CLEARED))], MAJOR, 10, id="broke in between"
        ),
    ],
)
def test_a_cell_is_as_bad_as_its_worst_target_since_the_worst_has_held(
    statuses: Sequence[TargetStatus], severity: Severity, since: float
) -> None:
    cell = fold(PLACE, statuses, NOW)
    assert (cell.severity, cell.since) == (severity, ago(since))


@pytest.mark.parametrize(
    ("statuses", "trend"),
    [
        pytest.param([history((60, CLEARED))], Trend.SAME, id="long the same"),
        pytest.param([history((60, CLEARED), (5, MINOR))], Trend.WORSE, id="failed in the window"),
        pytest.param([history((60, MAJOR), (5, MINOR))], Trend.BETTER, id="better in the window"),
        pytest.param([history((60, CLEARED), (5, MINOR), (2, CLEARED))], Trend.SAME, id="there and back"),
        pytest.param([history((60, CLEARED), (15, MINOR))], Trend.SAME, id="just as old as the window"),
        pytest.param([history((60, CLEARED), (14.99, MINOR))], Trend.WORSE, id="just inside"),
        pytest.param([history((5, CLEARED))], Trend.SAME, id="first heard of, healthy"),
        pytest.param([history((5, MAJOR))], Trend.WORSE, id="first heard of, failing"),
        pytest.param(
            [history((60, MAJOR)), history((60, CLEARED), (5, MINOR))], Trend.SAME, id="hidden by a worse one"
        ),
        pytest.param(
            [history((60, MAJOR), (5, CLEARED)), history((60, CLEARED), (5, CRITICAL))], Trend.WORSE, id="of the cell"
        ),
    ],
)
def test_the_trend_compares_with_15_minutes_ago(statuses: Sequence[TargetStatus], trend: Trend) -> None:
    assert fold(PLACE, statuses, NOW).trend is trend


def test_words_are_those_of_the_worst_alert_and_of_equals_of_the_last_raised() -> None:
    cell = fold(
        PLACE,
        [
            with_alerts(alert(MAJOR, 9), alert(WARNING, 1)),
            with_alerts(alert(MAJOR, 5, incident=Incident(id="1", owner="dba"))),
        ],
        NOW,
    )
    assert (cell.message, cell.incident_owner, cell.open_alerts) == ("major 5 minutes ago", "dba", 3)


@pytest.mark.parametrize(
    ("incidents", "is_acknowledged"),
    [
        pytest.param([None], False, id="no incident"),
        pytest.param([Incident(id="1")], False, id="OEM does not say"),
        pytest.param([Incident(id="1", is_acknowledged=True)], True, id="in OEM"),
        pytest.param([Incident(id="1"), Incident(id="2", is_acknowledged=True)], False, id="not that of the worst"),
    ],
)
def test_a_cell_says_whether_oem_has_its_worst_alert_acknowledged(
    incidents: Sequence[Incident | None], is_acknowledged: bool
) -> None:
    alerts = [alert(list(Severity)[-1 - index], 5, incident=incident) for index, incident in enumerate(incidents)]
    assert fold(PLACE, [with_alerts(*alerts)], NOW).is_acknowledged_in_oem is is_acknowledged


def test_a_cell_flaps_when_one_of_its_targets_does() -> None:
    steady, flapping = with_alerts(), msgspec.structs.replace(with_alerts(), is_flapping=True)
    assert [fold(PLACE, each, NOW).is_flapping for each in ([steady], [steady, flapping])] == [False, True]


def test_until_when_an_acknowledgement_holds_is_shown() -> None:
    given = Acknowledgement(operator="anna", at=ago(3), until=NOW)
    acknowledged = msgspec.structs.replace(with_alerts(alert(MAJOR, 9)), acknowledgement=given)
    assert fold(PLACE, [acknowledged], NOW).acknowledgement == given


@pytest.mark.parametrize(
    ("statuses", "operator"),
    [
        pytest.param([with_alerts(alert(MAJOR, 9))], None, id="nobody"),
        pytest.param([with_alerts(alert(MAJOR, 9), acknowledged=3)], "op3", id="one"),
        pytest.param(
            [with_alerts(alert(MAJOR, 9), acknowledged=3), with_alerts(alert(MINOR, 9))], None, id="one of two"
        ),
        pytest.param(
            [with_alerts(alert(MAJOR, 9), acknowledged=3), with_alerts(alert(MINOR, 9), acknowledged=2)],
            "op2",
            id="both, the last says",
        ),
        pytest.param([with_alerts(alert(MAJOR, 9), acknowledged=3), with_alerts()], "op3", id="the healthy need none"),
    ],
)
def test_a_cell_is_acknowledged_when_all_that_is_open_is(
    statuses: Sequence[TargetStatus], operator: str | None
) -> None:
    given = fold(PLACE, statuses, NOW).acknowledgement
    assert (given.operator if given else None) == operator


@pytest.mark.parametrize(
    ("alerts", "is_test"),
    [
        pytest.param([], False, id="nothing open"),
        pytest.param([alert(MAJOR, 1, is_test=True)], True, id="a test"),
        pytest.param([alert(MAJOR, 1, is_test=True), alert(MINOR, 1)], False, id="a test and a fault"),
    ],
)
def test_a_cell_is_a_test_when_all_that_is_open_is(alerts: Sequence[OpenAlert], is_test: bool) -> None:
    assert fold(PLACE, [with_alerts(*alerts)], NOW).is_test is is_test


HISTORIES = st.lists(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(Severity)), min_size=1, max_size=5).map(
        lambda changes: history(*sorted(changes, key=lambda change: -change[0]))
    ),
    min_size=1,
    max_size=4,
)


@given(statuses=HISTORIES)
def test_until_the_trend_may_change_it_does_not(statuses: list[TargetStatus]) -> None:
    due = trend_changes_at(statuses, NOW)
    until = due - timedelta(microseconds=1) if due else NOW + timedelta(days=1)
    assert due is None or due > NOW
    assert fold(PLACE, statuses, until).trend is fold(PLACE, statuses, NOW).trend


@given(statuses=HISTORIES)
def test_the_severity_held_from_since_on_and_not_before(statuses: list[TargetStatus]) -> None:
    def worst_at(moment: datetime) -> Severity:
        return worst(
            known[-1]
            for one in statuses
            if (known := [change.severity for change in one.changes if change.at <= moment])
        )

    cell = fold(PLACE, statuses, NOW)
    assert cell.since is not None
    minutes = [ago(minute) for minute in range(41)]
    assert all(worst_at(moment) is cell.severity for moment in minutes if moment >= cell.since)
    earlier = [change.at for one in statuses for change in one.changes if change.at < cell.since]
    if earlier:
        assert rank(worst_at(max(earlier))) != rank(cell.severity or CLEARED)
