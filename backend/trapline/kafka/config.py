"""librdkafka's configuration for each kind of client. The numbers have reasons."""

import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import KafkaError

from trapline.settings import Settings

_log = logging.getLogger("trapline.kafka")


class _Outage:
    """Says that the brokers are away, once a minute: librdkafka reports every attempt to reconnect."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def on_error(self, error: KafkaError) -> None:
        if error.code() not in {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN}:  # noqa: SLF001  (librdkafka's public names)
            _log.warning("kafka: %s", error.str())
        elif time.monotonic() >= self._silent_until:
            self._silent_until = time.monotonic() + 60
            _log.warning("Kafka does not answer, trying again: %s", error.str())


def admin(settings: Settings) -> dict[str, Any]:
    """What every client needs: where the brokers are, and what the site passes through."""
    return _client(settings)


def producer(settings: Settings, *, linger_ms: float = 2) -> dict[str, Any]:
    """A plain idempotent producer (acks=all). Records are kept and retried for ever: the caller has a spool."""
    return _client(settings, _PRODUCER, {"linger.ms": linger_ms})


def transactional_producer(settings: Settings, transactional_id: str) -> dict[str, Any]:
    """Law 2: stable transactional id, short timeout, so that a killed stage blocks its readers 10 s at most."""
    return _client(settings, _PRODUCER, _TRANSACTIONS, {"transactional.id": transactional_id})


def consumer(settings: Settings, group: str | None) -> dict[str, Any]:
    """Reads committed records only, commits nothing by itself."""
    return _client(settings, _CONSUMER, {"group.id": group or f"trapline-reader-{settings.node_name}"})


def _client(settings: Settings, *kinds: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap_servers,
        "error_cb": _Outage().on_error,
        # 250 ms at most between two attempts to reconnect: the node must be back seconds after its broker.
        "reconnect.backoff.max.ms": 250,
        "log_level": 2,
    }
    for kind in kinds:
        made |= kind
    return made | dict(settings.kafka_client)  # last: what the site says wins


_PRODUCER: Final[Mapping[str, Any]] = {
    "enable.idempotence": True,
    "acks": "all",
    "compression.type": "lz4",
    "partitioner": "murmur2_random",
    "queue.buffering.max.messages": 200_000,
    "queue.buffering.max.kbytes": 262_144,
}
_TRANSACTIONS: Final[Mapping[str, Any]] = {
    "linger.ms": 1,
    "transaction.timeout.ms": 10_000,
    # A transaction that begins while the markers of the one before are still being written is told to wait
    # (CONCURRENT_TRANSACTIONS) and asks again after this: at the default of 100 ms one takes 105, at 5 it takes 12.
    "retry.backoff.ms": 5,
    "retry.backoff.max.ms": 250,
}
_CONSUMER: Final[Mapping[str, Any]] = {
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "earliest",
    "enable.partition.eof": False,
    # A killed stage is back within seconds; its partitions must not wait for the usual 45 s.
    "session.timeout.ms": 6_000,
    "heartbeat.interval.ms": 1_500,
    "fetch.wait.max.ms": 100,
    # The default of 64 MB read ahead would be most of a stage's memory after an outage.
    "queued.max.messages.kbytes": 16_384,
    # When that much is read ahead, librdkafka looks again after this: by default a second in which a stage that
    # catches up has long run dry.
    "fetch.queue.backoff.ms": 10,
    "fetch.error.backoff.ms": 50,
    "topic.metadata.refresh.interval.ms": 5_000,
}
