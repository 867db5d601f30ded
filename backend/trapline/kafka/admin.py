"""Topics: made when missing, never changed."""

import logging
import time
from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # public, but not in __all__
from confluent_kafka.cimpl import NewTopic

from trapline.kafka import config
from trapline.protocol.errors import KafkaUnavailable
from trapline.protocol.topics import ALL, Topic
from trapline.settings import Settings

_log = logging.getLogger("trapline.kafka")


def ensure_topics(settings: Settings, topics: Iterable[Topic] = ALL, *, patience_s: float = 60) -> None:
    """Makes the topics that do not exist. Waits `patience_s` for the broker, then raises KafkaUnavailable."""
    admin = AdminClient(config.admin(settings))
    deadline = time.monotonic() + patience_s
    while True:
        try:
            existing = admin.list_topics(timeout=2).topics
            break
        except KafkaException as error:
            if time.monotonic() > deadline:
                raise KafkaUnavailable(
                    f"Kafka at {settings.bootstrap_servers} does not answer: {error.args[0].str()}"
                ) from error
    missing = [topic for topic in topics if topic.name not in existing]
    if missing:
        _create(admin, missing, settings)
        _wait_for_leaders(admin, missing, settings, deadline)


def _create(admin: AdminClient, missing: Iterable[Topic], settings: Settings) -> None:
    futures = admin.create_topics([_new(topic, settings) for topic in missing])
    for name, future in futures.items():
        try:
            future.result()
            _log.info("topic %s made", name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another stage was first
                raise KafkaUnavailable(f"topic {name} cannot be made: {error.args[0].str()}") from error


def _wait_for_leaders(admin: AdminClient, topics: Iterable[Topic], settings: Settings, deadline: float) -> None:
    """A topic exists before its partitions have leaders; until then a reader is told NOT_LEADER_FOR_PARTITION."""
    waiting = {TopicPartition(topic.name, n) for topic in topics for n in range(settings.kafka_partitions)}
    while waiting:
        futures = admin.list_offsets({each: OffsetSpec.latest() for each in waiting}, request_timeout=2)
        failure = None
        for partition, future in futures.items():
            try:
                future.result()
                waiting.discard(partition)
            except KafkaException as error:
                failure = error
        if failure is not None and time.monotonic() > deadline:
            raise KafkaUnavailable(f"topics have no leader: {failure.args[0].str()}") from failure


def _new(topic: Topic, settings: Settings) -> NewTopic:
    config_: dict[str, str] = {"min.insync.replicas": str(min(2, settings.kafka_replication))}
    if topic.retention_ms is None:
        # Tombstones must outlive every publisher that is down for a weekend.
        config_ |= {"cleanup.policy": "compact", "delete.retention.ms": str(7 * 24 * 3600 * 1000)}
    else:
        config_ |= {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}
    return NewTopic(
        topic.name,
        num_partitions=settings.kafka_partitions,
        replication_factor=settings.kafka_replication,
        config=config_,
    )
