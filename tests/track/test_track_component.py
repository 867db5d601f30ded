"""What the shell of track writes, and what it keeps."""

from pathlib import Path

import msgspec
import pytest

from tests.track.events import DATABASE, cleared, command, raised, updated
from trapline.kafka.records import Input, Output
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.commands import Action, Command
from trapline.protocol.status import InputPosition, OpenAlert, StatusChange, TargetStatus
from trapline.protocol.traps import DeadLetter
from trapline.settings import load
from trapline.track.component import STATUS_OCTETS, Tracker
from trapline.track.reduce import reduce

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
KEY = DATABASE.id.encode()


def tracker(*partitions: int) -> Tracker:
    """One that owns partitions in which nothing is known yet."""
    made = Tracker(load({}))
    made._statuses = {partition: {} for partition in partitions or (3,)}
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
        (alert(raised(1, message="x" * 460_000), 7), topics.ALERTS_DEAD, "450000 is the most"),
    ],
    ids=["unreadable", "tombstone", "foreign key", "unreadable command", "command for nobody", "huge"],
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


def test_an_alert_that_would_make_the_status_too_large_is_a_dead_letter_and_clears_still_pass() -> None:
    template = reduce(None, raised(1, message="x" * 1000)).status
    assert template is not None
    (one,) = template.open_alerts
    many: tuple[OpenAlert, ...] = tuple(
        msgspec.structs.replace(one, alert_key=f"key {number}") for number in range(360)
    )
    full = msgspec.structs.replace(template, open_alerts=many)
    assert len(codec.encode(full)) < STATUS_OCTETS
    ours = tracker()
    ours._statuses[3][DATABASE.id] = full
    flood = [alert(raised(second, f"flood {second}", message="x" * 1000), second) for second in range(10, 60)]
    outputs = ours.process(flood)

    letters = [codec.decode(each.value or b"", DeadLetter) for each in of(topics.ALERTS_DEAD, outputs)]
    assert letters
    assert "450000 is the most" in letters[0].reason
    assert len(codec.encode(status_in(outputs))) <= STATUS_OCTETS
    assert all(len(each.value or b"") < 1_000_000 for each in outputs)
    assert 360 + 50 == len(status_in(outputs).open_alerts) + len(letters)

    cleared_one = ours.process([alert(cleared(99, "key 0"), 99)])
    assert len(status_in(outputs).open_alerts) - 1 == len(status_in(cleared_one).open_alerts)


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
