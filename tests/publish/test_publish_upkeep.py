"""Planned work and retirements as lists."""

from datetime import UTC, datetime, timedelta

import msgspec

from trapline.protocol.alerts import Target
from trapline.protocol.commands import MaintenanceWindow
from trapline.protocol.severity import Severity
from trapline.protocol.status import Retirement, TargetStatus
from trapline.protocol.upkeep import RetirementProposal
from trapline.publish.size import MOST_OCTETS, octets_of
from trapline.publish.upkeep import heard_retired, maintenance_list, retirement_list

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def window(name: str, begins: int, ends: int | None, **fields: str) -> MaintenanceWindow:
    to_at = None if ends is None else NOON + ends * HOUR
    return MaintenanceWindow(window_id=name, from_at=NOON + begins * HOUR, to_at=to_at, **fields)


def retirement(name: str, days: int, heard: int = 0, reason: str = "scrapped") -> Retirement:
    target = Target(name=name, type="host")
    at = NOON - timedelta(days=days)
    last = TargetStatus(
        target=target, severity=Severity.MAJOR, since=at, last_heard_at=at, reason="", rule_id=""
    )  # fmt: skip
    return Retirement(
        target=target,
        operator="anna",
        at=at,
        reason=reason,
        last_status=last,
        command_id="c",
        heard=heard,
        heard_at=NOON - timedelta(hours=days) if heard else None,
    )


def test_what_is_under_way_comes_first_then_what_is_next_and_last_what_is_over() -> None:
    nightly = window("nightly", -38, -36, recurrence="FREQ=DAILY")
    planned = {
        "host:a": [window("over", -3, -1), window("now", -1, 1)],
        "host:b": [window("now", -1, 1), window("tomorrow", 24, 26)],
        "trapline_scope:tier/t": [nightly],
    }
    listed = maintenance_list(planned, NOON)
    assert [(work.window.window_id, work.target_ids) for work in listed.work] == [
        ("now", ("host:a", "host:b")),
        ("nightly", ("trapline_scope:tier/t",)),
        ("tomorrow", ("host:b",)),
        ("over", ("host:a",)),
    ]
    assert [(work.active_to_at, work.next_from_at) for work in listed.work] == [
        (NOON + HOUR, None),
        (None, NOON + 10 * HOUR),
        (None, NOON + 24 * HOUR),
        (None, None),
    ]
    assert listed.left_out == 0


def test_a_window_for_many_targets_is_one_piece_of_work() -> None:
    (work,) = maintenance_list({f"host:{n:03}": [window("w", -1, None)] for n in range(600)}, NOON).work
    assert (work.targets, work.target_ids[:2], len(work.target_ids)) == (600, ("host:000", "host:001"), 500)
    (work,) = maintenance_list({f"host:{n:0990}": [window("w", -1, None)] for n in range(500)}, NOON).work
    assert (work.targets, len(work.target_ids)) == (500, 30)


def test_a_list_that_is_too_long_says_how_much_it_leaves_out() -> None:
    long = {f"host:{n}": [window(f"w{n}", -1, None, note="n" * 1_000)] for n in range(200)}
    listed = maintenance_list(long, NOON)
    assert len(listed.work) + listed.left_out == 200
    assert 50 < len(listed.work) < 200
    assert octets_of(listed) < MOST_OCTETS + 4_096
    retired = retirement_list(
        [retirement(f"t{n}", 1, heard=1, reason="r" * 1_000) for n in range(200)], (), lambda target_id: target_id
    )
    assert len(retired.retired) + len(retired.heard_again) + retired.left_out == 400
    assert octets_of(retired) < MOST_OCTETS + 4_096


def test_the_newest_retirement_comes_first_and_who_was_heard_of_again_is_told_apart() -> None:
    listed = retirement_list(
        [retirement("old", 9, heard=3), retirement("new", 1), retirement("loud", 5, heard=1)],
        [RetirementProposal(target_id="host:x", server="x", reason="silent", since=NOON)],
        lambda target_id: target_id.removeprefix("host:"),
    )
    assert [one.server for one in listed.retired] == ["new", "loud", "old"]
    assert [(one.server, one.heard) for one in listed.heard_again] == [("loud", 1), ("old", 3)]
    assert [one.target_id for one in listed.proposed] == ["host:x"]
    assert msgspec.structs.asdict(listed.retired[0]) == {
        "target_id": "host:new",
        "server": "new",
        "operator": "anna",
        "at": NOON - timedelta(days=1),
        "reason": "scrapped",
        "severity": Severity.MAJOR,
        "heard": 0,
        "heard_at": None,
    }


def test_retired_servers_that_were_heard_of_today_are_told_the_last_first_and_each_once() -> None:
    retirements = [retirement(f"t{hours}", hours, heard=1) for hours in (5, 3, 4, 24, 23)]
    servers = {"host:t5": "a", "host:t3": "a"}
    told = heard_retired([*retirements, retirement("quiet", 1)], lambda each: servers.get(each, each), NOON)
    assert told == ("a", "host:t4", "host:t23")
    many = [retirement(f"t{minutes}", 1, heard=1) for minutes in range(30)]
    assert len(heard_retired(many, lambda each: each, NOON)) == 20
