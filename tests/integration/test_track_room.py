"""track as a process on a real broker: what the clock decides, and retirement over restarts and compaction."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public, but not in __all__
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from tests.integration.rooms import Room, Topics
from tests.running_broker import RunningBroker
from tests.running_node import wait_until
from tests.track.events import DATABASE, command, event, raised
from trapline.kafka.admin import ensure_topics
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent, EventKind, Target
from trapline.protocol.commands import Action, Command
from trapline.protocol.severity import Severity
from trapline.protocol.status import Retirement, StatusChange, TargetStatus
from trapline.track.decide import NOBODY, Known, decide
from trapline.track.lapse import lapse

pytestmark = pytest.mark.kafka

OTHER = Target(name="claimsdb2", type="oracle_database")
PATIENCE_S = 60


@pytest.fixture
def there(own_kafka: RunningBroker) -> Topics:
    """Topics of one partition: what one target's records do, another's do to the same segment."""
    ensure_topics(replace(own_kafka.settings, kafka_partitions=1))
    there = Topics(own_kafka)
    there.settings = replace(own_kafka.settings, kafka_partitions=1)
    return there


@pytest.fixture
def track(own_kafka: RunningBroker, there: Topics) -> Iterator[Room]:
    with ExitStack() as stack:
        room = Room("track", own_kafka)
        stack.callback(room.close)
        yield room


def now_raised(number: int, target: Target = DATABASE, **fields: Any) -> AlertEvent:
    now = datetime.now(UTC)
    return raised(0, target=target, trap_id=f"{number:032x}", received_at=now, **fields)


def newest(there: Topics, topic: topics.Topic) -> dict[str, bytes | None]:
    return {each.key.decode(): each.value for each in there.all_of(topic)}


def status_of(there: Topics, target: Target = DATABASE) -> TargetStatus | None:
    value = newest(there, topics.STATUS).get(target.id)
    return codec.decode(value, TargetStatus) if value else None


def retirement_of(there: Topics) -> Retirement | None:
    value = newest(there, topics.RETIREMENTS).get(DATABASE.id)
    return codec.decode(value, Retirement) if value else None


def is_so(what: Callable[[], object], words: str) -> None:
    wait_until(lambda: bool(what()), PATIENCE_S, words)


def history_of(there: Topics) -> list[StatusChange]:
    return [codec.decode(each.value or b"", StatusChange) for each in there.all_of(topics.STATUS_CHANGES)]


def order(there: Topics, action: Action, **fields: Any) -> None:
    wish = command(action, 0, issued_at=datetime.now(UTC), command_id=f"{action}", **fields)
    there.write(topics.COMMANDS, [(wish.target_id, codec.encode(wish))])


def write(there: Topics, each: AlertEvent) -> None:
    there.write(topics.ALERTS, [(each.target.id, codec.encode(each))])


def test_an_alert_and_an_acknowledgement_end_by_the_clock_once_though_track_is_killed_meanwhile(
    there: Topics, track: Room
) -> None:
    ends_at = datetime.now(UTC) + timedelta(seconds=4)
    write(there, now_raised(1, alert_key="brief", expires_at=ends_at))
    write(there, now_raised(2, alert_key="lasting"))
    is_so(lambda: (status := status_of(there)) and len(status.open_alerts) == 2, "both are open")
    order(there, Action.ACKNOWLEDGE, until=ends_at)
    is_so(lambda: (status := status_of(there)) and status.acknowledgement, "it is acknowledged")
    track.kill()
    is_so(lambda: (status := status_of(there)) and len(status.open_alerts) == 1, "one expires")
    is_so(lambda: (status := status_of(there)) and not status.acknowledgement, "the acknowledgement ends")

    (told,) = [each for each in history_of(there) if each.rule_id == "track.expire"]
    wishes = [codec.decode(each.value or b"", Command) for each in there.all_of(topics.COMMANDS)]
    assert told.effective_at >= ends_at
    assert topics.COMMANDS.name == told.input.topic
    assert ("expired: major" in told.reason, "anna's acknowledgement ends" in told.reason) == (True, True)
    assert [f"expire/brief/{1:032x}"] == list({each.command_id for each in wishes if each.action is Action.EXPIRE})
    assert track.end() == 0


def test_a_retired_target_stays_retired_over_restarts_and_compaction_until_it_is_restored(
    own_kafka: RunningBroker, there: Topics, track: Room
) -> None:
    compact_at_once(own_kafka)
    write(there, now_raised(1))
    is_so(lambda: status_of(there), "it has a status")
    order(there, Action.RETIRE, note="scrapped")
    is_so(lambda: retirement_of(there), "it is retired")
    assert status_of(there) is None

    number = 2

    def is_forgotten() -> bool:
        nonlocal number
        number += 1
        write(there, now_raised(number, OTHER))  # only a segment that is full is compacted
        return DATABASE.id not in newest(there, topics.STATUS)

    is_so(is_forgotten, "Kafka has forgotten the tombstone")
    track.kill()
    write(there, now_raised(number + 1, severity=Severity.CRITICAL))
    is_so(lambda: (retired := retirement_of(there)) and retired.heard == 1, "it is heard of")
    track.kill()
    write(there, now_raised(number + 2))
    is_so(lambda: (retired := retirement_of(there)) and retired.heard == 2, "it is heard of again")
    assert DATABASE.id not in newest(there, topics.STATUS)

    order(there, Action.RESTORE)
    is_so(lambda: status_of(there), "it is back")
    after = status_of(there)
    assert after is not None
    assert retirement_of(there) is None
    assert [3] == [each.occurrences for each in after.open_alerts]  # what came meanwhile is known, but was not shown
    assert ["oem-event", "track.retire", "track.retired", "track.restore"] == [
        each.rule_id for each in history_of(there) if each.target_id == DATABASE.id
    ]
    track.kill()
    write(there, now_raised(number + 3))
    is_so(lambda: (status := status_of(there)) and status.open_alerts[0].occurrences == 4, "it is watched as before")


def test_with_timers_and_kills_every_status_is_the_fold_of_the_log(there: Topics, track: Room) -> None:
    log: list[AlertEvent] = []
    for turn in range(3):
        begins_at = datetime.now(UTC)
        chunk = [expiring(turn, number, begins_at) for number in range(400)]
        there.write(topics.ALERTS, [(each.target.id, codec.encode(each)) for each in chunk])
        log += chunk
        if turn:
            track.kill()
        is_so(partial(is_past, begins_at + timedelta(seconds=4)), "what expires has expired")

    def differing() -> list[str]:
        now, stored, known = datetime.now(UTC), newest(there, topics.STATUS), dict[str, Known]()
        for each in log:
            known[each.target.id] = decide(known.get(each.target.id, NOBODY), each).known
        expected = {name: lapse(each.status, now).status for name, each in known.items() if each.status}
        found = {name: codec.decode(value, TargetStatus) for name, value in stored.items() if value}
        return [name for name, each in expected.items() if shown(each) != shown(found.get(name))]

    is_so(lambda: not differing(), "every status is the fold")
    assert {Action.EXPIRE} == {
        codec.decode(each.value or b"", Command).action for each in there.all_of(topics.COMMANDS)
    }


def is_past(moment: datetime) -> bool:
    return datetime.now(UTC) > moment


def expiring(turn: int, number: int, now: datetime) -> AlertEvent:
    """Of twenty targets with ten alerts each, all severities; half of them expire two seconds later."""
    at = now + timedelta(microseconds=number)
    kind = EventKind.CLEAR if (number + turn) % 3 == 0 else EventKind.RAISE
    return event(
        kind,
        0,
        f"{number // 20 % 10}",
        (Severity.MINOR, Severity.MAJOR, Severity.CRITICAL)[(number + turn) % 7 % 3],
        target=Target(name=f"db-{number % 20}", type="oracle_database"),
        trap_id=f"{turn:016x}{number:016x}",
        received_at=at,
        expires_at=at + timedelta(seconds=2) if number % 2 else None,
    )


def shown(status: TargetStatus | None) -> TargetStatus | None:
    """All but the words: whether the clock or the next event ended something is said, and is chance."""
    return status and msgspec.structs.replace(status, reason="", rule_id="")


def compact_at_once(broker: RunningBroker) -> None:
    """Segments of a tenth of a second, compacted at once, tombstones with them."""
    admin = AdminClient({"bootstrap.servers": broker.settings.bootstrap_servers})
    hasty = {
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.0001",
        "max.compaction.lag.ms": "100",
        "delete.retention.ms": "0",
    }
    changes = [
        _change(ResourceType.TOPIC, topic.name, name, value)
        for topic in (topics.STATUS, topics.RETIREMENTS)
        for name, value in hasty.items()
    ]
    changes.append(_change(ResourceType.BROKER, "1", "log.cleaner.backoff.ms", "100"))
    merged: dict[tuple[Any, str], ConfigResource] = {}
    for resource, name, entry in changes:
        merged.setdefault((resource, name), ConfigResource(resource, name)).add_incremental_config(entry)
    for future in admin.incremental_alter_configs(list(merged.values())).values():
        future.result(10)


def _change(resource: Any, name: str, setting: str, value: str) -> tuple[Any, str, ConfigEntry]:
    entry = ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
    return resource, name, entry
