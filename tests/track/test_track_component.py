"""What the shell of track writes, and what it keeps."""

from pathlib import Path

import msgspec
import pytest

from tests.track.events import DATABASE, command, raised, updated
from trapline.kafka.records import Input, Output
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent, Target
from trapline.protocol.commands import Action, Command
from trapline.protocol.scope import SCOPE_TYPE
from trapline.protocol.status import InputPosition, StatusChange, TargetStatus
from trapline.protocol.traps import DeadLetter
from trapline.settings import load
from trapline.track.component import STATUS_OCTETS, Tracker
from trapline.track.reduce import reduce

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
KEY = DATABASE.id.encode()
SCOPE = Target(name="tier/web", type=SCOPE_TYPE)


def tracker(*partitions: int) -> Tracker:
    """One that owns partitions in which nothing is known yet."""
    made = Tracker(load({}))
    made._known = {partition: {} for partition in partitions or (3,)}
    return made


def alert(each: AlertEvent, offset: int = 0, key: bytes = KEY) -> Input:
    return Input("alerts", 3, offset, key, codec.encode(each))


def of(topic: topics.Topic, outputs: list[Output]) -> list[Output]:
    return [each for each in outputs if each.topic == topic]


def status_in(outputs: list[Output]) -> TargetStatus:
    (output,) = of(topics.STATUS, outputs)
    assert output.value is not None
    return codec.decode(output.value, TargetStatus)


def test_status_and_history_keep_the_partition_and_the_key_of_their_input() -> None:
    outputs = tracker().process([alert(raised(1), 17)])

    assert [(topics.STATUS_CHANGES, DATABASE.id, 3), (topics.STATUS, DATABASE.id, 3)] == [
        (each.topic, each.key, each.partition) for each in outputs
    ]


def test_history_says_from_what_to_what_and_on_which_record_it_rests() -> None:
    first, second = raised(1), raised(2, "other")
    outputs = tracker().process([alert(first, 17), alert(second, 18)])

    changes = [codec.decode(each.value or b"", StatusChange) for each in of(topics.STATUS_CHANGES, outputs)]
    after_first = reduce(None, first).status
    assert [None, after_first] == [each.before for each in changes]
    assert [after_first, reduce(after_first, second).status] == [each.after for each in changes]
    assert [InputPosition(topic="alerts", partition=3, offset=offset) for offset in (17, 18)] == [
        each.input for each in changes
    ]
    assert [second.received_at] == [each.effective_at for each in changes[1:]]


def test_a_batch_writes_the_last_status_of_a_target_once() -> None:
    outputs = tracker().process([alert(raised(second), second) for second in range(10)])

    assert 10 == status_in(outputs).open_alerts[0].occurrences


def test_a_repeat_writes_nothing() -> None:
    ours = tracker()
    ours.process([alert(raised(1))])

    assert [] == ours.process([alert(raised(1), 1)])


def test_a_command_and_an_event_of_one_batch_meet() -> None:
    acknowledge = command(Action.ACKNOWLEDGE, 2)
    outputs = tracker().process([alert(raised(1)), Input("commands", 3, 5, KEY, codec.encode(acknowledge))])

    acknowledgement = status_in(outputs).acknowledgement
    assert acknowledgement is not None
    assert "anna" == acknowledgement.operator


@pytest.mark.parametrize(
    ("record", "topic", "reason"),
    [
        (Input("alerts", 3, 7, KEY, b"{"), topics.ALERTS_DEAD, "not a AlertEvent: "),
        (Input("alerts", 3, 7, KEY, None), topics.ALERTS_DEAD, "a tombstone means nothing in alerts"),
        (
            alert(raised(1), 7, b"other"),
            topics.ALERTS_DEAD,
            "the key is 'other', but it is about 'oracle_database:claimsdb1'",
        ),
        (Input("commands", 3, 7, KEY, b"[]"), topics.COMMANDS_DEAD, "not a Command: "),
        (
            Input("commands", 3, 7, KEY, codec.encode(command(Action.ACKNOWLEDGE, 1))),
            topics.COMMANDS_DEAD,
            "has no status",
        ),
        (alert(raised(1, reason="x" * 460_000), 7), topics.ALERTS_DEAD, "450000 is the most"),
        (
            alert(raised(1, target=SCOPE), 7, SCOPE.id.encode()),
            topics.ALERTS_DEAD,
            "trapline_scope:tier/web is no target that a trap may name",
        ),
    ],
    ids=["unreadable", "tombstone", "foreign key", "unreadable command", "command for nobody", "huge", "a scope"],
)
def test_what_cannot_be_used_goes_to_the_dead_letters_and_the_rest_goes_on(
    record: Input, topic: topics.Topic, reason: str
) -> None:
    outputs = tracker().process([record, alert(raised(2), 8)])

    (dead,) = of(topic, outputs)
    letter = codec.decode(dead.value or b"", DeadLetter)
    assert reason in letter.reason
    assert ("track", record.topic, 3, 7, record.value or b"") == (
        letter.stage,
        letter.topic,
        letter.partition,
        letter.offset,
        letter.value,
    )
    assert 1 == len(status_in(outputs).open_alerts)


def test_a_flood_of_alerts_is_folded_and_counted_and_no_raise_is_a_dead_letter() -> None:
    ours = tracker()
    flood = [alert(raised(second, f"flood {second}", message="x" * 1000), second) for second in range(700)]
    outputs = [each for start in range(0, 700, 50) for each in ours.process(flood[start : start + 50])]

    status = status_in(outputs[-1:])
    assert [] == of(topics.ALERTS_DEAD, outputs)
    assert len(codec.encode(status)) <= STATUS_OCTETS
    assert all(len(each.value or b"") < 1_000_000 for each in outputs)
    assert 700 == sum(each.occurrences for each in status.open_alerts)
    assert 101 == len(status.open_alerts)


def test_what_the_history_does_not_tell_is_counted_in_what_it_tells_next() -> None:
    ours = tracker()
    storm = [alert(raised(second / 10, "one"), second) for second in range(600)]
    told = of(topics.STATUS_CHANGES, ours.process(storm))
    (after,) = of(topics.STATUS_CHANGES, ours.process([alert(raised(61, "one"), 600)]))

    assert 60 == len(told)
    assert codec.decode(after.value or b"", StatusChange).reason.endswith(
        "; 540 steps before it are counted, not told one by one"
    )


def test_every_golden_log_folds_to_the_status_that_was_written_down() -> None:
    files = sorted((GOLDEN / "track").glob("*.json"))
    assert len(files) >= 4
    for file in files:
        case = msgspec.json.decode(file.read_bytes())
        ours = tracker()
        reasons: list[str] = []
        status: TargetStatus | None = None
        for offset, record in enumerate(case["log"]):
            topic = topics.COMMANDS if "command_id" in record else topics.ALERTS
            kind: type[Command | AlertEvent] = Command if topic is topics.COMMANDS else AlertEvent
            value = msgspec.json.encode(record)
            codec.decode(value, kind)
            key = (
                record["target_id"]
                if topic is topics.COMMANDS
                else f"{record['target']['type']}:{record['target']['name']}"
            )
            outputs = ours.process([Input(topic.name, 3, offset, key.encode(), value)])
            reasons += [
                codec.decode(each.value or b"", StatusChange).reason for each in of(topics.STATUS_CHANGES, outputs)
            ]
            status = status_in(outputs) if of(topics.STATUS, outputs) else status

        assert status is not None
        assert case["history"] == reasons, file.name
        assert case["status"] == msgspec.json.decode(codec.encode(status)), file.name


def test_an_update_about_no_alert_is_told_and_moves_when_the_target_was_heard_of() -> None:
    ours = tracker()
    ours.process([alert(raised(1))])
    outputs = ours.process([alert(updated(30, "other"), 1)])

    assert 1 == len(of(topics.STATUS_CHANGES, outputs))
    assert updated(30).received_at == status_in(outputs).last_heard_at
