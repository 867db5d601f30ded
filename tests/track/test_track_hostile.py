"""Records as others may write them, well-formed and far from what normalize writes: none of them stops track."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile import NOON, records
from tests.track.events import DATABASE, at, command, raised
from trapline.kafka.records import Input, Output
from trapline.protocol import codec, topics
from trapline.protocol.alerts import TARGET_ID_LENGTH, AlertEvent
from trapline.protocol.commands import Action, Command, MaintenanceWindow
from trapline.protocol.errors import RecordError
from trapline.protocol.status import OpenAlert, Retirement, TargetStatus
from trapline.protocol.traps import DeadLetter
from trapline.settings import load
from trapline.track.component import CHANGE_OCTETS, STATUS_OCTETS, Tracker
from trapline.track.decide import NOBODY, Known, decide
from trapline.track.reduce import reduce
from trapline.track.timers import due, due_at

KEY = DATABASE.id.encode()
WINDOW = MaintenanceWindow(window_id="w", from_at=at(1), to_at=at(2))
EDGES = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59Z",
    "9000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "2026-03-02T13:00:00",
)


def tracker(**environment: str) -> Tracker:
    made = Tracker(load(environment))
    made._known = {3: {}}
    return made


def taken(outputs: list[Output], topic: topics.Topic) -> list[bytes]:
    return [each.value or b"" for each in outputs if each.topic is topic]


def with_time(record: AlertEvent | Command, field: str, time: str) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(codec.encode(record)) | {field: time})


@pytest.mark.parametrize("time", EDGES)
def test_a_time_that_nothing_can_be_reckoned_with_is_a_dead_letter_and_the_rest_goes_on(time: str) -> None:
    ours = tracker()
    outputs = ours.process(
        [
            Input("alerts", 3, 1, KEY, codec.encode(raised(1))),
            Input("alerts", 3, 2, KEY, with_time(raised(2, "other"), "received_at", time)),
            Input("commands", 3, 3, KEY, with_time(command(Action.ACKNOWLEDGE, 3), "issued_at", time)),
        ]
    )

    for topic in (topics.ALERTS_DEAD, topics.COMMANDS_DEAD):
        (letter,) = taken(outputs, topic)
        assert time[:19] in codec.decode(letter, DeadLetter).reason
    assert 1 == len(codec.decode(taken(outputs, topics.STATUS)[0], TargetStatus).open_alerts)


@pytest.mark.parametrize("time", EDGES)
def test_a_stored_status_with_such_a_time_is_left_out(time: str) -> None:
    status = reduce(None, raised(1)).status
    assert status is not None
    for place in (["since"], ["last_heard_at"], ["open_alerts", 0, "raised_at"], ["changes", 0, "at"]):
        values = msgspec.json.decode(codec.encode(status))
        inner = values
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = time
        ours = tracker()
        ours._restore(Input("status", 3, 0, KEY, msgspec.json.encode(values)))

        assert {3: {}} == ours._known


@pytest.mark.parametrize("key", [b"host:other", KEY], ids=["about another target", "too large"])
def test_a_stored_status_that_track_never_wrote_is_left_out(key: bytes) -> None:
    status = reduce(None, raised(1)).status
    assert status is not None
    ours = tracker()
    reason = "x" * (STATUS_OCTETS if key == KEY else 1)
    ours._restore(Input("status", 3, 0, key, codec.encode(msgspec.structs.replace(status, reason=reason))))

    assert {3: {}} == ours._known


@pytest.mark.parametrize(
    "fields", [{"reason": "x" * 995_000}, {"trap_id": "0" * 995_000}], ids=["long reason", "long trap_id"]
)
def test_a_step_that_kafka_would_not_take_is_a_dead_letter(fields: dict[str, Any]) -> None:
    ours = tracker()
    ours.process([Input("alerts", 3, 1, KEY, codec.encode(raised(5)))])
    outputs = ours.process([Input("alerts", 3, 2, KEY, codec.encode(raised(4, **fields)))])

    (letter,) = taken(outputs, topics.ALERTS_DEAD)
    assert f"{CHANGE_OCTETS} is the most" in codec.decode(letter, DeadLetter).reason
    assert all(len(each.value or b"") < 1_000_000 for each in outputs)


def test_a_target_with_an_id_that_is_no_key_is_a_dead_letter() -> None:
    values = msgspec.json.decode(codec.encode(raised(1)))
    values["target"]["name"] = "x" * 1_000
    outputs = tracker().process([Input("alerts", 3, 1, b"k", msgspec.json.encode(values))])

    (letter,) = taken(outputs, topics.ALERTS_DEAD)
    assert "the target's id has 1016 characters; 1001 is the most" in codec.decode(letter, DeadLetter).reason


@pytest.mark.parametrize("kind", ["trapline_scope:tier/", "trapline_scope:server/", "trapline_sender:80/", "host:"])
def test_a_command_about_an_id_that_is_no_key_is_a_dead_letter_and_the_rest_goes_on(kind: str) -> None:
    target_id = kind + "x" * 1_000
    wish = msgspec.json.decode(codec.encode(command(Action.MAINTAIN, 1, window=WINDOW)))
    outputs = tracker().process(
        [
            Input("commands", 3, 1, target_id.encode(), msgspec.json.encode(wish | {"target_id": target_id})),
            Input("alerts", 3, 1, KEY, codec.encode(raised(1))),
        ]
    )

    (letter,) = taken(outputs, topics.COMMANDS_DEAD)
    assert (
        f"the target's id has {len(target_id)} characters; 1001 is the most" in codec.decode(letter, DeadLetter).reason
    )
    assert 1 == len(taken(outputs, topics.STATUS))


def test_a_command_about_the_longest_id_is_taken() -> None:
    target_id = "trapline_scope:tier/".ljust(TARGET_ID_LENGTH, "x")
    wish = command(Action.MAINTAIN, 1, target_id=target_id, window=WINDOW)
    outputs = tracker().process([Input("commands", 3, 1, target_id.encode(), codec.encode(wish))])

    assert target_id == codec.decode(taken(outputs, topics.STATUS)[0], TargetStatus).target.id


def test_occurrences_end_where_a_browser_ends_to_count() -> None:
    status = reduce(None, raised(1)).status
    assert status is not None
    (alert,) = status.open_alerts
    full = msgspec.structs.replace(alert, occurrences=2**53 - 1)
    after = reduce(msgspec.structs.replace(status, open_alerts=(full,)), raised(2)).status

    assert after is not None
    assert 2**53 - 1 == after.open_alerts[0].occurrences
    with pytest.raises(RecordError, match="a count is from 0 to 9007199254740991"):
        codec.decode(
            codec.encode(alert).replace(b'"occurrences":1', b"").replace(b"}", b',"occurrences":-1}'), OpenAlert
        )


@given(
    st.just(NOBODY) | records(TargetStatus).map(Known) | records(Retirement).map(lambda each: Known(retirement=each)),
    st.lists(records(AlertEvent) | records(Command), max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_whatever_can_be_read_can_be_folded_timed_and_written(known: Known, log: list[AlertEvent | Command]) -> None:
    for each in log:
        known = decide(known, each).known
        if known.status is not None:
            assert known.status == codec.decode(codec.encode(known.status), TargetStatus)
            due("host:any", known.status, due_at(known.status) or NOON)
        if known.retirement is not None:
            assert known.retirement == codec.decode(codec.encode(known.retirement), Retirement)


@given(st.lists(records(AlertEvent) | records(Command), max_size=6), st.booleans())
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_to_its_topics_is_taken_or_a_dead_letter(
    log: list[AlertEvent | Command], has_key: bool
) -> None:
    inputs = [
        Input(
            "commands" if isinstance(each, Command) else "alerts",
            3,
            offset,
            (each.target_id if isinstance(each, Command) else each.target.id).encode() if has_key else b"\xff",
            codec.encode(each),
        )
        for offset, each in enumerate(log)
    ]
    outputs = tracker().process(inputs)

    assert has_key or len(inputs) == len(taken(outputs, topics.ALERTS_DEAD) + taken(outputs, topics.COMMANDS_DEAD))


def test_a_new_target_above_the_bound_is_a_dead_letter_that_names_the_setting_and_the_known_go_on() -> None:
    ours = tracker(TRAPLINE_TARGETS_MAX="1")
    stranger = msgspec.structs.replace(DATABASE, name="invented")
    outputs = ours.process(
        [
            Input("alerts", 3, 1, KEY, codec.encode(raised(1))),
            Input("alerts", 3, 2, stranger.id.encode(), codec.encode(raised(2, target=stranger))),
            Input("alerts", 3, 3, KEY, codec.encode(raised(3))),
        ]
    )

    (letter,) = taken(outputs, topics.ALERTS_DEAD)
    reason = "oracle_database:invented would be new, but 1 targets are known; raise TRAPLINE_TARGETS_MAX"
    assert reason == codec.decode(letter, DeadLetter).reason
    assert 2 == codec.decode(taken(outputs, topics.STATUS)[0], TargetStatus).open_alerts[0].occurrences


def test_a_canary_is_taken_however_many_targets_there_are() -> None:
    ours = tracker(TRAPLINE_TARGETS_MAX="1")
    node = msgspec.structs.replace(DATABASE, name="node-1", type="trapline_canary")
    ours.process([Input("alerts", 3, 1, KEY, codec.encode(raised(1)))])
    outputs = ours.process([Input("alerts", 3, 2, node.id.encode(), codec.encode(raised(2, target=node)))])

    assert [topics.STATUS] == [each.topic for each in outputs]
