"""normalize and track as processes on a real broker: from stored traps to status, also over kill -9."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.rooms import Room, Topics
from tests.normalize.traps import oem_event, text, trap
from tests.running_broker import RunningBroker
from tests.track.events import at, trap_id
from trapline.kafka.records import Input
from trapline.normalize.component import load_rules
from trapline.normalize.match import match
from trapline.protocol import canary, codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.commands import Action, Command
from trapline.protocol.severity import Severity
from trapline.protocol.status import StatusChange, TargetStatus
from trapline.protocol.traps import DeadLetter, Trap, Unmatched
from trapline.track.reduce import reduce

pytestmark = pytest.mark.kafka


@pytest.fixture
def rooms(own_kafka: RunningBroker) -> Iterator[dict[str, Room]]:
    with ExitStack() as stack:
        running = {name: Room(name, own_kafka) for name in ("normalize", "track")}
        for room in running.values():
            stack.callback(room.close)
        yield running


def outage(number: int) -> Trap:
    """The n-th trap of outages that come and go on seven targets, of all severities, with repeats of whole traps."""
    issue = number // 2
    code = "CLEAR" if number % 2 and issue % 5 else ("FATAL", "CRITICAL", "WARNING", "ADVISORY")[issue % 4]
    columns = {6: code, 21: f"claims-db-{issue % 7}", 42: f"{issue % 40:032X}", 3: f"message {number}"}
    return oem_event(columns, trap_id=trap_id(number), received_at=at(number))


def as_records(traps: list[Trap]) -> list[tuple[str, bytes]]:
    return [(each.source_addr, codec.encode(each)) for each in traps]


def fold(traps: list[Trap], site: Path) -> tuple[dict[str, TargetStatus], list[tuple[str, str, str]]]:
    """A single-threaded fold: the statuses, and each target's history as (target, trap_id of the alert, reason)."""
    rules, statuses, history = load_rules(site), dict[str, TargetStatus](), list[tuple[str, str, str]]()
    for each in traps:
        event = match(each, rules)
        assert isinstance(event, AlertEvent)
        step = reduce(statuses.get(event.target.id), event)
        assert step.status is not None
        statuses[event.target.id] = step.status
        if step.is_history:
            history.append((event.target.id, event.received_at.isoformat(), step.reason))
    return statuses, history


def latest(records: list[Input]) -> dict[str, TargetStatus]:
    return {each.key.decode(): codec.decode(each.value or b"", TargetStatus) for each in records}


def test_over_kills_nothing_is_lost_and_nothing_is_twice(own_kafka: RunningBroker, rooms: dict[str, Room]) -> None:
    there = Topics(own_kafka)
    traps = [outage(number) for number in range(6_000)]
    there.write(topics.SNMP_TRAPS, as_records(traps[:2_000]))
    there.wait_for(topics.ALERTS, lambda seen: len(seen) > 0)
    rooms["normalize"].kill()
    there.wait_for(topics.STATUS_CHANGES, lambda seen: len(seen) > 0)
    rooms["track"].kill()
    there.write(topics.SNMP_TRAPS, as_records(traps[2_000:]))
    there.wait_for(topics.ALERTS, lambda seen: len(seen) > 2_000)
    rooms["normalize"].kill()
    rooms["track"].kill()
    expected, history = fold(traps, own_kafka.settings.site)

    events = [
        codec.decode(each.value or b"", AlertEvent)
        for each in there.wait_for(topics.ALERTS, lambda seen: len(seen) >= 6_000)
    ]
    there.wait_for(topics.STATUS_CHANGES, lambda seen: len(seen) >= len(history))

    assert [each.trap_id for each in traps] == sorted(each.trap_id for each in events)
    assert expected == latest(there.all_of(topics.STATUS))
    changes = [codec.decode(each.value or b"", StatusChange) for each in there.all_of(topics.STATUS_CHANGES)]
    told = [(each.target_id, each.effective_at.isoformat(), each.reason) for each in changes]
    assert sorted(history) == sorted(told)
    assert len(changes) == len({each.input for each in changes})


def test_each_kind_of_trap_and_command_ends_where_it_belongs(own_kafka: RunningBroker, rooms: dict[str, Room]) -> None:
    there = Topics(own_kafka)
    of_node = trap(canary.TRAP_OID, (text(canary.NODE, "node-1"),), security_name=canary.SECURITY_NAME)
    known, unknown, target = oem_event(), trap("1.3.6.1.4.1.99999.7.0.1"), "oracle_database:claimsdb1"
    records = as_records([known, unknown, of_node])
    huge, deep = b"x" * 990_000, b"[" * 100_000
    poison = [("192.0.2.10", octets) for octets in (b"{", huge, deep)]
    there.write(topics.SNMP_TRAPS, [*records, *poison, ("192.0.2.10", records[0][1])])
    there.write(topics.ALERTS, [(target, octets) for octets in (huge, deep)])
    there.wait_for(topics.STATUS, lambda seen: {target, "trapline_canary:node-1"} <= latest(seen).keys())

    def acknowledge(target_id: str) -> tuple[str, bytes]:
        wish = Command(
            command_id=target_id, action=Action.ACKNOWLEDGE, target_id=target_id, operator="anna", issued_at=at(9)
        )
        return target_id, codec.encode(wish)

    there.write(topics.COMMANDS, [acknowledge("host:nowhere"), acknowledge(target)])
    status = latest(
        there.wait_for(topics.STATUS, lambda seen: latest(seen)[target].acknowledgement is not None if seen else False)
    )
    unmatched = there.wait_for(topics.SNMP_TRAPS_UNMATCHED, bool)
    dead_traps = there.wait_for(topics.SNMP_TRAPS_DEAD, lambda seen: len(seen) == 3)
    dead_alerts = there.wait_for(topics.ALERTS_DEAD, lambda seen: len(seen) == 2)
    dead_command = there.wait_for(topics.COMMANDS_DEAD, bool)

    assert (Severity.CRITICAL, 1) == (status[target].severity, status[target].open_alerts[0].occurrences)
    assert [unknown] == [codec.decode(each.value or b"", Unmatched).trap for each in unmatched]
    assert [b"{", huge[:500_000], deep] == [codec.decode(each.value or b"", DeadLetter).value for each in dead_traps]
    assert [huge[:500_000], deep] == [codec.decode(each.value or b"", DeadLetter).value for each in dead_alerts]
    assert ["host:nowhere"] == [each.key.decode() for each in dead_command]
    assert [target, target] == [each.key.decode() for each in there.all_of(topics.STATUS_CHANGES)]
    assert [0, 0] == [room.end() for room in rooms.values()]


def test_a_wrong_rule_ends_the_process_with_the_place(own_kafka: RunningBroker, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.yaml").write_text("rules:\n  - id: mine\n    colour: red\n")

    ended = subprocess.run(
        [sys.executable, "-m", "trapline.normalize"],
        env=own_kafka.environment | {"TRAPLINE_SITE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert 78 == ended.returncode
    assert f"{tmp_path}/rules/mine.yaml, line 3: rule mine has 'colour', which means nothing" in ended.stderr
