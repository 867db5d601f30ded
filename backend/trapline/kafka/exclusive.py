"""Records that are written together or not at all, by one process at a time: what is read after the start and what is
written then are one decision, on however many nodes it is taken (KIP-98's fencing).

For jobs that happen now and then, and whose memory of what is done is in Kafka itself: the mark goes with the record.
"""

from collections.abc import Iterable
from typing import Final

from confluent_kafka import KafkaException, Producer

from trapline.kafka import config
from trapline.kafka.check import check_client
from trapline.kafka.records import Output
from trapline.protocol.errors import KafkaUnavailable
from trapline.settings import Settings

_TIMEOUT_S: Final = 10.0


class Exclusive:
    """The only writer under `name` in the whole cluster, until another one begins.

    Whatever an earlier one left open is settled when this is made. So: make it, read what is committed, decide, write.
    Raises KafkaUnavailable, also when another one began meanwhile; nothing of that `write` is there then.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        check_client(settings)
        self._name = name
        self._producer = Producer(config.transactional_producer(settings, f"trapline-{name}"))
        try:
            self._producer.init_transactions(_TIMEOUT_S)
        except KafkaException as error:
            raise KafkaUnavailable(f"{name} cannot begin: {error.args[0].str()}") from error

    def write(self, outputs: Iterable[Output]) -> None:
        """All of them, or none."""
        try:
            self._producer.begin_transaction()
            for output in outputs:
                partition = -1 if output.partition is None else output.partition
                self._produce(output, partition)
            self._producer.commit_transaction(_TIMEOUT_S)
        except KafkaException as error:
            raise KafkaUnavailable(f"{self._name} is not written: {error.args[0].str()}") from error

    def _produce(self, output: Output, partition: int) -> None:
        while True:
            try:
                self._producer.produce(output.topic.name, output.value, output.key, partition=partition)
            except BufferError:
                self._producer.poll(0.05)
            else:
                return
