"""operate on a real Kafka and a real router, asked by a client that is not ours."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.foreign_client import ForeignClient, WampError
from tests.running_broker import RunningBroker
from tests.running_router import RunningRouter
from trapline.kafka.admin import ensure_topics
from trapline.kafka.reader import read_to_end
from trapline.node.operators import Operators
from trapline.protocol import topics, uris
from trapline.protocol.codec import decode
from trapline.protocol.commands import Action, Command
from trapline.protocol.traps import Sender
from trapline.settings import Settings

pytestmark = [pytest.mark.kafka]

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def running(kafka: RunningBroker, router: RunningRouter) -> RunningRouter:
    ensure_topics(kafka.settings, [topics.COMMANDS])
    Operators(router.settings.home / "operators.json").add("anna", PASSWORD)
    router.stage("operate")
    return router


@pytest.fixture
def anna(running: RunningRouter) -> Iterator[ForeignClient]:
    with ForeignClient(running.settings.web_port, authid="anna", ticket=PASSWORD) as client:
        yield client


def commands_on(settings: Settings, *targets: str) -> list[Command]:
    partitions = range(settings.kafka_partitions)
    records = [decode(one.value, Command) for one in read_to_end(settings, topics.COMMANDS, partitions) if one.value]
    return [record for record in records if record.target_id in targets]


def test_an_answered_acknowledgement_is_in_kafka_with_the_operator_whom_the_router_knows(
    anna: ForeignClient, kafka: RunningBroker
) -> None:
    targets = ["host:ack-01", "oracle_listener:ack-01"]
    accepted = anna.call_when_served(uris.TARGET_ACKNOWLEDGE, targets, "mine")
    commands = commands_on(kafka.settings, *targets)
    assert {command.command_id for command in commands} == set(accepted["command_ids"])
    assert {command.target_id for command in commands} == set(targets)
    assert {(one.action, one.operator, one.note) for one in commands} == {(Action.ACKNOWLEDGE, "anna", "mine")}


def test_an_acknowledgement_is_taken_back(anna: ForeignClient, kafka: RunningBroker) -> None:
    anna.call_when_served(uris.TARGET_UNACKNOWLEDGE, "host:ack-02")
    assert [one.action for one in commands_on(kafka.settings, "host:ack-02")] == [Action.UNACKNOWLEDGE]


def test_a_window_is_planned_for_a_tier_and_ended_by_its_id(anna: ForeignClient, kafka: RunningBroker) -> None:
    scope = "trapline_scope:tier/op-05"
    anna.call_when_served(uris.TARGET_ACKNOWLEDGE, "host:op-00")
    accepted = anna.call(
        uris.MAINTENANCE_START,
        scope,
        from_at="2027-03-01T22:00:00+01:00",
        duration_s=3600,
        recurrence="FREQ=DAILY",
        time_zone="Europe/Zurich",
        note="disks",
    )
    (window_id,) = accepted["command_ids"]
    anna.call(uris.MAINTENANCE_END, window_id, scope)
    began, ended = commands_on(kafka.settings, scope)
    assert began.window is not None
    assert (began.action, began.window.window_id, began.window.recurrence) == (
        Action.MAINTAIN,
        window_id,
        "FREQ=DAILY",
    )
    assert (ended.action, ended.window_id) == (Action.END_MAINTENANCE, window_id)


def test_retire_and_restore_are_commands_like_all_others(anna: ForeignClient, kafka: RunningBroker) -> None:
    anna.call_when_served(uris.TARGET_RETIRE, "host:op-06", "sold")
    anna.call(uris.TARGET_RESTORE, "host:op-06")
    assert [(one.action, one.operator, one.note) for one in commands_on(kafka.settings, "host:op-06")] == [
        (Action.RETIRE, "anna", "sold"),
        (Action.RESTORE, "anna", ""),
    ]


def test_a_decision_on_a_sender_is_in_the_audit_log_and_in_force(anna: ForeignClient, kafka: RunningBroker) -> None:
    engine = "80001f8880c0ffee07"
    anna.call_when_served(uris.SENDER_APPROVE, engine, "oem")
    anna.call(uris.SENDER_REFUSE, engine, "oem", "not ours")
    logged = commands_on(kafka.settings, f"trapline_sender:{engine}/oem")
    assert [one.action for one in logged] == [Action.APPROVE_SENDER, Action.REFUSE_SENDER]
    decisions = [
        decode(record.value, Sender)
        for record in read_to_end(kafka.settings, topics.SENDERS)
        if record.value and record.key.decode() == f"{engine}/oem"
    ]
    assert [(one.is_approved, one.operator, one.note) for one in decisions][-1] == (False, "anna", "not ours")


def test_what_is_no_target_is_refused_and_nothing_is_written(anna: ForeignClient, kafka: RunningBroker) -> None:
    with pytest.raises(WampError) as caught:
        anna.call_when_served(uris.TARGET_ACKNOWLEDGE, ["host:ack-03", "ack-03"])
    assert caught.value.uri == uris.ERROR_INVALID_ARGUMENT
    assert caught.value.fields == {"argument": "targets"}
    assert commands_on(kafka.settings, "host:ack-03") == []


def test_a_viewer_is_refused_by_the_router(running: RunningRouter, kafka: RunningBroker) -> None:
    with ForeignClient(running.settings.web_port) as viewer, pytest.raises(WampError) as caught:
        viewer.call(uris.TARGET_ACKNOWLEDGE, "host:ack-04")
    assert caught.value.uri == "wamp.error.not_authorized"
    assert commands_on(kafka.settings, "host:ack-04") == []


def test_while_kafka_is_away_an_operator_is_told_that_nothing_was_accepted(own_kafka: RunningBroker) -> None:
    ensure_topics(own_kafka.settings, [topics.COMMANDS])
    router = RunningRouter(own_kafka.settings)
    with contextlib.closing(router):
        Operators(router.settings.home / "operators.json").add("anna", PASSWORD)
        router.start()
        router.stage("operate")
        with ForeignClient(router.settings.web_port, authid="anna", ticket=PASSWORD) as anna:
            anna.call_when_served(uris.TARGET_ACKNOWLEDGE, "host:before")
            own_kafka.kill()
            with pytest.raises(WampError) as caught:
                anna.call(uris.TARGET_ACKNOWLEDGE, ["host:during"])
            assert caught.value.uri == uris.ERROR_NOT_ACCEPTED
            assert caught.value.fields == {"targets": ["host:during"]}
            assert "Kafka has not accepted 1 of 1" in caught.value.sentence
        own_kafka.start()
        with ForeignClient(router.settings.web_port, authid="anna", ticket=PASSWORD) as anna:
            anna.call(uris.TARGET_ACKNOWLEDGE, "host:after")
        assert len(commands_on(own_kafka.settings, "host:before", "host:after")) == 2
