"""What is silent, since when and why: law 6."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline import site
from trapline.protocol.alerts import Target
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.site.silence import Silence

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
INVENTORY = site.parse("""\
site: Test
senders:
  - {name: OMS, addresses: [10.0.0.1, 10.0.0.2], period: 15m, heartbeat: a job's status every 5 minutes}
  - {name: lab, addresses: [10.0.0.0/24]}
  - {name: six, addresses: ["2001:db8::/32"], period: 1h}
periods:
  - {where: {type: ups}, period: 1h}
  - {where: {name: "*-slow"}, period: 1d}
""")


def heard(
    minutes_ago: float,
    sender: str = "",
    name: str = "a",
    type_: str = "host",
    severity: Severity = Severity.CLEARED,
) -> TargetStatus:
    at = NOON - timedelta(minutes=minutes_ago)
    return TargetStatus(
        target=Target(name=name, type=type_),
        severity=severity,
        since=at,
        last_heard_at=at,
        reason="test",
        rule_id="r",
        sender=sender,
    )


def listening(*statuses: TargetStatus) -> Silence:
    silence = Silence(INVENTORY)
    for status in statuses:
        silence.hear(status)
    return silence


@pytest.mark.parametrize(
    ("period", "statuses", "silent_for", "reason"),
    [
        pytest.param(None, [heard(9_999)], None, "", id="without a period nothing is silent"),
        pytest.param(None, [], None, "", id="of nothing nothing is known anyway"),
        pytest.param("10m", [], None, "", id="nor with a period"),
        pytest.param(
            "10m", [heard(10)], 10, "nothing was heard of it since 2026-03-02 11:50:00 UTC", id="the server's"
        ),
        pytest.param("10m", [heard(99), heard(9.9, name="b")], None, "", id="one of its targets is enough"),
        pytest.param(None, [heard(60, type_="ups")], 60, "of ups:a since 2026-03-02 11:00:00 UTC", id="the target's"),
        pytest.param(None, [heard(59, type_="ups")], None, "", id="within the target's period"),
        pytest.param(
            None, [heard(61, name="a-slow", type_="ups")], 61, "for 1h and more", id="the first period counts"
        ),
        pytest.param(None, [heard(61, name="a-slow")], None, "", id="another target's period"),
        pytest.param(None, [heard(1), heard(70, type_="ups")], 70, "of ups:a", id="a cell with one that is silent"),
        pytest.param(
            None,
            [heard(15, "10.0.0.1")],
            15,
            "of its sender OMS, which sends a job's status every 5 minutes since 2026-03-02 11:45:00 UTC",
            id="the sender's",
        ),
        pytest.param(None, [heard(999, "10.0.0.77")], None, "", id="a sender without a period"),
        pytest.param(None, [heard(999, "192.0.2.1")], None, "", id="a sender that nobody named"),
        pytest.param(None, [heard(999, "no address")], None, "", id="a record without a sender"),
        pytest.param(None, [heard(61, "2001:db8::5")], 61, "of its sender six", id="a network of IPv6"),
    ],
)
def test_what_is_silent_since_when_and_why(
    period: str | None, statuses: list[TargetStatus], silent_for: float | None, reason: str
) -> None:
    silent = listening(*statuses).of(period, statuses, NOON)
    if silent is None:
        assert silent_for is None
    else:
        assert silent_for is not None
        assert silent.since == NOON - timedelta(minutes=silent_for)
        assert reason in silent.reason


@pytest.mark.parametrize(
    ("other", "is_whole"),
    [
        pytest.param(heard(1, name="b"), True, id="healthy: the silent one may hide anything"),
        pytest.param(heard(1, name="b", severity=Severity.INDETERMINATE), True, id="nothing wrong"),
        pytest.param(heard(1, name="b", severity=Severity.WARNING), False, id="wrong: that is known, and must be seen"),
        pytest.param(heard(60, name="b", type_="ups", severity=Severity.CRITICAL), True, id="wrong, but silent too"),
    ],
)
def test_what_is_heard_of_and_wrong_is_not_hidden_by_what_is_silent(other: TargetStatus, is_whole: bool) -> None:
    statuses = [heard(70, type_="ups"), other]
    silent = listening(*statuses).of(None, statuses, NOON)
    assert silent is not None
    assert (silent.since, silent.is_whole) == (NOON - timedelta(minutes=70), is_whole)
    whole = listening(*statuses).of("30s", statuses, NOON)
    assert whole is not None
    assert whole.is_whole


def test_a_quiet_target_is_not_silent_while_its_sender_is_heard_from_any_of_its_addresses() -> None:
    quiet = heard(60 * 24 * 30, "10.0.0.1")
    assert listening(quiet).of(None, [quiet], NOON) is not None
    assert listening(quiet, heard(1, "10.0.0.2", name="b")).of(None, [quiet], NOON) is None


def test_a_sender_that_falls_silent_and_comes_back_is_told_once_each() -> None:
    silence = listening(heard(10, "10.0.0.1"))
    assert silence.turned(NOON) == set()
    later = NOON + timedelta(minutes=5)
    assert silence.turned(later) == {"OMS"}
    assert silence.turned(later) == set()
    silence.hear(heard(-5, "10.0.0.2"))
    assert silence.turned(later) == {"OMS"}


@given(
    minutes=st.lists(st.floats(0, 3_000), min_size=1, max_size=4),
    types=st.lists(st.sampled_from(["ups", "host"]), min_size=4, max_size=4),
    period=st.sampled_from([None, "10m", "2h"]),
)
def test_between_the_moments_that_are_foretold_nothing_changes(
    minutes: list[float], types: list[str], period: str | None
) -> None:
    statuses = [heard(ago, name=f"t{number}", type_=types[number]) for number, ago in enumerate(minutes)]
    silence, now = listening(*statuses), NOON - timedelta(minutes=3_000)
    while (due := silence.changes_at(period, statuses, now)) is not None:
        just_before = due - timedelta(microseconds=1)
        assert silence.of(period, statuses, just_before) == silence.of(period, statuses, now)
        now = due
    assert silence.of(period, statuses, now) == silence.of(period, statuses, now + timedelta(days=99))
