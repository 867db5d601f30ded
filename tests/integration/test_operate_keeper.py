"""The inventory in force, on a real Kafka: written when it changed, once, with what it retires."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public, but not in __all__
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from tests.running_broker import RunningBroker
from tests.running_router import RunningRouter
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.kafka.reader import Follower, read_to_end
from trapline.operate.keeper import Keeper
from trapline.protocol import topics
from trapline.protocol.alerts import Target
from trapline.protocol.codec import decode, encode
from trapline.protocol.commands import Action, Command
from trapline.protocol.errors import KafkaUnavailable, SettingError
from trapline.protocol.severity import Severity
from trapline.protocol.site_model import SiteModel
from trapline.protocol.status import TargetStatus
from trapline.settings import Settings
from trapline.site.models import in_force, newest

pytestmark = [pytest.mark.kafka]

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ONE = "site: One\n"


@pytest.fixture
def settings(own_kafka: RunningBroker, tmp_path: Path) -> Settings:
    (tmp_path / "inventory.yaml").write_text(ONE)
    ensure_topics(own_kafka.settings)
    return replace(own_kafka.settings, site=tmp_path)


def models(settings: Settings) -> list[SiteModel]:
    found = [decode(record.value, SiteModel) for record in read_to_end(settings, topics.SITE_MODEL) if record.value]
    return sorted(found, key=lambda model: model.version)


def commands(settings: Settings) -> list[Command]:
    return [decode(record.value, Command) for record in read_to_end(settings, topics.COMMANDS) if record.value]


def known(settings: Settings, *names: str) -> None:
    producer = Producer(settings)
    for name in names:
        status = TargetStatus(
            target=Target(name=name, type="host"),
            severity=Severity.CLEARED,
            since=NOON,
            last_heard_at=NOON,
            reason="test",
            rule_id="r",
        )
        producer.send(topics.STATUS, status.target.id, encode(status), _accepted)
    assert producer.flush(20) == 0


def _accepted(error: Exception | None) -> None:
    assert error is None, error


def test_an_inventory_is_written_once_and_again_when_it_says_something_else(settings: Settings) -> None:
    first, second = (Keeper(replace(settings, node_name=name), Producer(settings)) for name in ("n1", "n2"))
    written = first.keep(NOON)
    assert written is not None
    assert models(settings) == [written]
    assert second.keep(NOON + timedelta(hours=1)) is None
    (settings.site / "inventory.yaml").write_text(f"# a comment changes nothing\n{ONE}")
    assert first.keep(NOON + timedelta(hours=2)) is None
    (settings.site / "inventory.yaml").write_text("site: Two\n")
    # A clock that was set back does not put the newer inventory before the older one.
    assert second.keep(NOON - timedelta(days=1)) is not None
    found = models(settings)
    assert [in_force(model).inventory.site for model in found] == ["One", "Two"]
    assert [model.node for model in found] == ["n1", "n2"]
    assert found[1].since_at == NOON + timedelta(microseconds=1)


def test_what_the_inventory_names_as_retired_becomes_commands_once(settings: Settings) -> None:
    known(settings, "old-1", "old-2", "new-1")
    producer = Producer(settings)
    producer.send(topics.STATUS, "host:old-3", b"no status", _accepted)  # is said in the log, and stops nobody
    assert producer.flush(20) == 0
    keeper = Keeper(settings, Producer(settings))
    keeper.keep(NOON)
    assert commands(settings) == []
    (settings.site / "inventory.yaml").write_text(ONE + "retired: ['host:old-*']\n")
    model = keeper.keep(NOON)
    assert model is not None
    written = commands(settings)
    assert {(one.action, one.target_id, one.operator, one.command_id) for one in written} == {
        (Action.RETIRE, f"host:old-{number}", "inventory", f"inventory/{model.digest[:16]}/host:old-{number}")
        for number in (1, 2)
    }
    assert {one.note for one in written} == {"the inventory's `retired` names it (host:old-*)"}
    # Whoever restored one meanwhile keeps it: only what is named newly is retired by a further change.
    (settings.site / "inventory.yaml").write_text(ONE + "retired: ['host:old-*', 'host:new-1']\n")
    keeper.keep(NOON)
    assert [one.target_id for one in commands(settings) if one not in written] == ["host:new-1"]


def test_a_node_that_fails_between_the_commands_and_the_model_writes_both_again_under_the_same_ids(
    settings: Settings,
) -> None:
    known(settings, "old-1")
    (settings.site / "inventory.yaml").write_text(ONE + "retired: ['host:old-*']\n")
    limit_records(settings, topics.SITE_MODEL, 1)  # octets: Kafka takes the commands, and not the model
    keeper = Keeper(settings, Producer(settings, message_timeout_s=2))
    with pytest.raises(KafkaUnavailable):
        keeper.keep(NOON)
    assert models(settings) == []
    limit_records(settings, topics.SITE_MODEL, 1_000_000)
    assert keeper.keep(NOON + timedelta(minutes=1)) is not None
    assert len(models(settings)) == 1
    first, again = commands(settings)
    assert (first.command_id, first.target_id) == (again.command_id, again.target_id)


def limit_records(settings: Settings, topic: topics.Topic, octets: int) -> None:
    entry = ConfigEntry("max.message.bytes", str(octets), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(20)


def test_a_wrong_inventory_is_not_put_in_force(settings: Settings) -> None:
    keeper = Keeper(settings, Producer(settings))
    keeper.keep(NOON)
    (settings.site / "inventory.yaml").write_text("site: [")
    with pytest.raises(SettingError, match="this is no YAML"):
        keeper.keep(NOON)
    assert len(models(settings)) == 1


def test_the_stage_follows_the_file_while_it_runs(own_kafka: RunningBroker, tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(ONE)
    ensure_topics(own_kafka.settings, [topics.SITE_MODEL])
    follower = Follower(own_kafka.settings, topics.SITE_MODEL)
    router = RunningRouter(own_kafka.settings)
    try:
        router.start()
        router.stage("operate", TRAPLINE_SITE=str(tmp_path))
        assert next_site(follower) == "One"
        file.write_text("site: Two\n")
        assert next_site(follower) == "Two"
    finally:
        router.close()
        follower.close()


def next_site(follower: Follower) -> str:
    for _ in range(60):
        if found := [decode(record.value, SiteModel) for record in follower.poll(0.5) if record.value]:
            model = newest(found)
            assert model is not None
            return in_force(model).inventory.site
    raise AssertionError("no inventory was put in force within 30 s")
