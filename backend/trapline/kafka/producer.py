"""A plain producer: acks=all, idempotent, with a delivery report for every record."""

from collections.abc import Callable

from confluent_kafka import KafkaError, Message
from confluent_kafka import Producer as _Producer

from trapline.kafka import config
from trapline.kafka.check import check_client
from trapline.protocol.errors import KafkaUnavailable
from trapline.protocol.topics import Topic
from trapline.settings import Settings

OnDelivery = Callable[[KafkaUnavailable | None], None]


class Producer:
    """Delivery reports are called from `poll` and `flush`, in the caller's thread.

    A record that Kafka has not taken within `message_timeout_s` is reported as KafkaUnavailable; it may still
    have been written, so whoever sends it again must be idempotent (law 2: same trap_id, same effect).
    SettingError when librdkafka does not take what the site passes through to it.
    """

    def __init__(self, settings: Settings, *, message_timeout_s: float = 300, linger_ms: float = 2) -> None:
        check_client(settings)
        self._producer = _Producer(
            config.producer(settings, linger_ms=linger_ms)
            # The caller's promise to whoever waits; what the site passes through does not break it.
            | {"message.timeout.ms": int(message_timeout_s * 1000)}
        )

    def send(self, topic: Topic, key: str, value: bytes | None, on_delivery: OnDelivery) -> None:
        """Hands one record over. Raises KafkaUnavailable when the local queue is full."""

        def report(error: KafkaError | None, _message: Message) -> None:
            on_delivery(KafkaUnavailable(f"{topic.name}: {error.str()}") if error else None)

        try:
            self._producer.produce(topic.name, value, key, on_delivery=report)
        except BufferError:
            raise KafkaUnavailable(f"{topic.name}: the local queue is full") from None

    def poll(self, timeout_s: float = 0) -> int:
        """Calls delivery reports that wait. Returns how many."""
        return int(self._producer.poll(timeout_s))

    def flush(self, timeout_s: float) -> int:
        """Waits for outstanding records. Returns how many are still outstanding."""
        return int(self._producer.flush(timeout_s))
