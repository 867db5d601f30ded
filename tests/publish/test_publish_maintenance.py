"""Planned work on a cell, from the windows of its targets and of what it is part of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.protocol.alerts import Target
from trapline.protocol.commands import MaintenanceWindow
from trapline.protocol.severity import Severity
from trapline.protocol.status import OpenAlert, TargetStatus
from trapline.publish.maintenance import changes_at, of_cell

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def window(ends: float | None, begins: float = -1, recurrence: str | None = None, **fields: str) -> MaintenanceWindow:
    """From and to so many hours after noon."""
    return MaintenanceWindow(
        window_id="w",
        from_at=NOON + timedelta(hours=begins),
        to_at=None if ends is None else NOON + timedelta(hours=ends),
        recurrence=recurrence,
        **fields,
    )


def target(name: str, *windows: MaintenanceWindow, is_open: bool = False) -> TargetStatus:
    alert = OpenAlert(
        alert_key="k",
        severity=Severity.MAJOR,
        message="",
        rule_id="r",
        raised_at=NOON,
        last_seen_at=NOON,
        last_trap_id="0",
    )
    return TargetStatus(
        target=Target(name=name, type="host"),
        severity=Severity.MAJOR if is_open else Severity.CLEARED,
        since=NOON,
        last_heard_at=NOON,
        reason="",
        rule_id="",
        open_alerts=(alert,) if is_open else (),
        windows=windows,
    )


NOW, LATER, UNTIL_ENDED, TOMORROW = window(1), window(3), window(None), window(26, 24)


@pytest.mark.parametrize(
    ("statuses", "scopes", "ends"),
    [
        pytest.param([], [], False, id="nothing heard, nothing planned"),
        pytest.param([], [NOW], 1, id="a server of which nothing was heard"),
        pytest.param([target("a"), target("b")], [NOW], 1, id="the whole server"),
        pytest.param([target("a", LATER)], [NOW], 1, id="what is said of the whole comes first"),
        pytest.param([target("a")], [NOW, LATER], 3, id="two windows: up to the later end"),
        pytest.param([target("a")], [LATER, UNTIL_ENDED], None, id="until it is ended is the latest"),
        pytest.param([target("a", NOW), target("b", LATER)], [], 1, id="every target: up to the first end"),
        pytest.param([target("a", NOW), target("b", UNTIL_ENDED)], [], 1, id="one of them until it is ended"),
        pytest.param([target("a", NOW), target("b")], [], False, id="some of the targets"),
        pytest.param([target("a", NOW, is_open=True), target("b")], [], 1, id="all that is open"),
        pytest.param([target("a", NOW), target("b", is_open=True)], [], False, id="not what is open"),
        pytest.param([target("a")], [TOMORROW], False, id="tomorrow"),
        pytest.param([target("a")], [window(-0.5)], False, id="over"),
        pytest.param([target("a")], [window(1, recurrence="FREQ=NEVER")], False, id="a rule that cannot be read"),
        pytest.param([target("a")], [window(1, time_zone="Nowhere")], 1, id="once, whatever its zone"),
    ],
)
def test_a_cell_is_in_maintenance_when_all_that_matters_on_it_is(
    statuses: Sequence[TargetStatus], scopes: Sequence[MaintenanceWindow], ends: float | bool | None
) -> None:
    found = of_cell(statuses, scopes, NOON)
    if ends is False:
        assert found is None
    else:
        assert found is not None
        assert found.to_at == (None if ends is None else NOON + timedelta(hours=ends))


def test_it_says_who_and_why() -> None:
    theirs = of_cell([target("a", window(1, source="oem-blackout"))], [], NOON)
    ours = of_cell([target("a", window(1, operator="anna", note="new disks"))], [], NOON)
    assert [(one.by, one.note) for one in (theirs, ours) if one] == [("oem-blackout", ""), ("anna", "new disks")]


WINDOWS = st.lists(
    st.builds(
        lambda begins, hours, recurrence: window(begins + hours, begins, recurrence),
        st.integers(-60, 60),
        st.integers(1, 23),
        st.sampled_from([None, "FREQ=DAILY", "FREQ=DAILY;COUNT=2"]),
    )
    | st.just(UNTIL_ENDED),
    max_size=3,
)


@given(first=WINDOWS, second=WINDOWS, scopes=WINDOWS, is_open=st.booleans())
def test_until_it_may_change_it_does_not(
    first: list[MaintenanceWindow], second: list[MaintenanceWindow], scopes: list[MaintenanceWindow], is_open: bool
) -> None:
    statuses = [target("a", *first, is_open=is_open), target("b", *second)]
    due = changes_at(statuses, scopes, NOON)
    until = due - timedelta(microseconds=1) if due else NOON + timedelta(days=400)
    assert due is None or due > NOON
    assert of_cell(statuses, scopes, until) == of_cell(statuses, scopes, NOON)
