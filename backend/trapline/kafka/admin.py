"""Topics: made when missing, never changed."""

import logging
import threading
import time
from collections.abc import Iterable, Mapping

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # public, but not in __all__
from confluent_kafka.cimpl import NewTopic

from trapline.kafka import config
from trapline.kafka.check import check_client
from trapline.protocol.errors import KafkaUnavailable, SettingError
from trapline.protocol.topics import ALL, KEYED_BY_TARGET, Topic
from trapline.settings import Settings

_log = logging.getLogger("trapline.kafka")
_HOUR_MS = 3_600_000
# A broker that makes topics on a loaded machine answers at once that they are not there yet, thousands of times.
_PAUSE_S = 0.05
_PAUSE = threading.Event()  # never set


def ensure_topics(settings: Settings, topics: Iterable[Topic] = ALL, *, patience_s: float = 60) -> None:
    """Makes the topics that do not exist, and returns when every partition can be read.

    Waits `patience_s` for the broker, then raises KafkaUnavailable. SettingError: topics keyed by target that exist
    with different numbers of partitions, on which no stage could join what belongs together; or a property that the
    site passes through and librdkafka does not take.
    """
    check_client(settings)
    topics = tuple(topics)
    admin = AdminClient(config.admin(settings))
    deadline = time.monotonic() + patience_s
    partitions = _partitions(admin, settings, deadline)
    if missing := [topic for topic in topics if not partitions.get(topic.name)]:
        _create(admin, missing, settings)
        partitions = _partitions(admin, settings, deadline, topics)
    _check_co_partitioned({topic.name: partitions[topic.name] for topic in topics if topic in KEYED_BY_TARGET})
    _wait_for_leaders(
        admin, {TopicPartition(topic.name, n) for topic in topics for n in range(partitions[topic.name])}, deadline
    )


def _partitions(
    admin: AdminClient, settings: Settings, deadline: float, wanted: Iterable[Topic] = ()
) -> dict[str, int]:
    """How many partitions each topic has, once the broker answers and knows the `wanted` ones."""
    has_said = False
    while True:
        why = "a topic that was made is not there yet"
        try:
            counts = {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=2).topics.items()}
            if all(counts.get(topic.name) for topic in wanted):
                return counts
        except KafkaException as error:
            why = error.args[0].str()
        if time.monotonic() > deadline:
            raise KafkaUnavailable(f"Kafka at {settings.bootstrap_servers} does not answer: {why}")
        if not has_said:
            _log.info("waiting for Kafka at %s: %s", settings.bootstrap_servers, why)
            has_said = True
        _PAUSE.wait(_PAUSE_S)


def _check_co_partitioned(counts: Mapping[str, int]) -> None:
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise SettingError(
            f"these topics are keyed by target and must have as many partitions as each other, but have: {found}; "
            "make them anew with the same number"
        )


def _create(admin: AdminClient, missing: Iterable[Topic], settings: Settings) -> None:
    futures = admin.create_topics([_new(topic, settings) for topic in missing])
    for name, future in futures.items():
        try:
            future.result()
            _log.info("topic %s made", name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another stage was first
                raise KafkaUnavailable(f"topic {name} cannot be made: {error.args[0].str()}") from error


def _wait_for_leaders(admin: AdminClient, waiting: set[TopicPartition], deadline: float) -> None:
    """A topic exists before its partitions have leaders; until then a reader is told NOT_LEADER_FOR_PARTITION."""
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
        if waiting:
            _PAUSE.wait(_PAUSE_S)


def _new(topic: Topic, settings: Settings) -> NewTopic:
    config_: dict[str, str] = {"min.insync.replicas": str(min(2, settings.kafka_replication))}
    if topic.retention_ms is None:
        # Tombstones must outlive every publisher that is down for a weekend.
        # A segment that is still written to is not compacted, and by Kafka's defaults it is for a week: a restart
        # would read the week. So: a new segment each hour or 32 MB, compacted within the hour that follows.
        config_ |= {
            "cleanup.policy": "compact",
            "delete.retention.ms": str(7 * 24 * _HOUR_MS),
            "segment.ms": str(_HOUR_MS),
            "segment.bytes": str(32 << 20),
            "min.cleanable.dirty.ratio": "0.2",
            "max.compaction.lag.ms": str(_HOUR_MS),
        }
    else:
        config_ |= {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}
    return NewTopic(
        topic.name,
        num_partitions=settings.kafka_partitions,
        replication_factor=settings.kafka_replication,
        config=config_,
    )
