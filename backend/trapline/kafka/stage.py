"""Consume, process, produce in one Kafka transaction (KIP-98, KIP-447): exactly once in effect (law 2).

Crash-only: whatever goes wrong with a transaction, and any second assignment of partitions, ends the process with a
sentence. The supervisor starts it again, `init_transactions` settles what was open, and reading goes on at what is
committed. There is one way into the loop and no way back inside it, so no state can be half taken back.
A stage that comes back within the session's six seconds is the same static member: nobody else is disturbed.

Nothing is passed over in silence. A stage says itself where it begins; when Kafka has deleted by retention what it had
not read yet, it says how many records that were, counts them (`tallies`), and goes on with the oldest that is there.

A processor may have something to write because time has passed (`due`). It is asked between batches and when nothing
comes, at least five times a second, but only while the stage keeps up: everything that was there at its start is read,
and nothing waits. What the clock decides must not overtake an event that came before.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from trapline.kafka import config
from trapline.kafka.offsets import Offsets, place
from trapline.kafka.reader import as_input
from trapline.kafka.records import Input, Output
from trapline.kafka.tallies import Tallies
from trapline.protocol.errors import KafkaUnavailable
from trapline.protocol.topics import Topic
from trapline.settings import Settings

_log = logging.getLogger("trapline.kafka.stage")

_BATCH = 1_000
_TIMEOUT_S = 5.0
# The first record goes at once, what follows within this time goes together. A transaction costs the broker about
# 4 ms of a core whatever is in it: at 100 traps a second this halves what the broker needs, for 5 ms more on the way.
_INTERVAL_S = 0.01


class Processor(Protocol):
    """A room's decisions, seen from the loop. It counts in `tallies` what became of each record of a batch."""

    tallies: Tallies

    def assigned(self, partitions: Sequence[int]) -> None:
        """These partition numbers (of every input topic) are ours: load their state. Called once in a process."""

    def process(self, batch: Sequence[Input]) -> Sequence[Output]:
        """The outputs of a batch. When they cannot be committed, the process ends and its state with it."""


class Stage:
    """The loop of one stage. `run` returns after `stop` is set."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        topics: Sequence[Topic],
        processor: Processor,
        *,
        due: Callable[[datetime], Sequence[Output]] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._topics = topics
        self._processor = processor
        self._due = due
        self._clock = clock
        self._behind: set[tuple[str | None, int | None]] = set()
        transactional_id = f"trapline-{name}-{settings.node_name}"
        self._producer = Producer(config.transactional_producer(settings, transactional_id))
        self._consumer = Consumer(
            {
                **config.consumer(settings, group=f"trapline-{name}"),
                # Range gives one member the same partition numbers of co-partitioned topics.
                "partition.assignment.strategy": "range",
                # Static membership (KIP-345): a stage that was killed is the same member when it is back, two
                # seconds later, and need not wait until the group has given it up.
                "group.instance.id": transactional_id,
                # Where nothing is committed, or what is committed is no longer there, we say where to begin.
                "auto.offset.reset": "error",
                "enable.partition.eof": due is not None,
            }
        )
        self._offsets = Offsets(settings)
        self._assignments = 0

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set. Raises KafkaUnavailable for what a new process may do better."""
        try:
            # First of all: this ends a transaction that a killed predecessor left open, so that its
            # offsets and outputs are settled before we read them.
            self._producer.init_transactions(30)
            self._consumer.subscribe([topic.name for topic in self._topics], on_assign=self._on_assign)
            not_before = 0.0
            while not stop.wait(max(0.0, not_before - time.monotonic())):
                batch = self._read()
                outputs = [*self._processor.process(batch)] if batch else []
                if self._keeps_up(batch):
                    outputs += self._what_is_due()
                if batch or outputs:
                    not_before = time.monotonic() + _INTERVAL_S
                    self._transact(batch, outputs)
            self._consumer.close()
        except KafkaException as error:
            raise KafkaUnavailable(f"the stage cannot go on and starts afresh: {error.args[0].str()}") from error

    def _on_assign(self, _consumer: Consumer, assignment: list[TopicPartition]) -> None:
        self._assignments += 1
        if self._assignments > 1:
            return
        # Waits until offsets are stable: a predecessor's last commit is through before its state is read.
        committed = self._consumer.committed(assignment, timeout=_TIMEOUT_S) if assignment else []
        self._behind = {(each.topic, each.partition) for each in assignment}
        partitions = sorted({each.partition for each in assignment})
        _log.info("partitions %s assigned", partitions)
        self._processor.assigned(partitions)
        self._consumer.assign(self._positions(committed))

    def _positions(self, committed: Sequence[TopicPartition]) -> list[TopicPartition]:
        """Where to begin: what is committed, or else the oldest record that is there."""
        places = [place(each) for each in committed]
        oldest, ends = self._offsets.oldest(places), self._offsets.ends(places)
        tallies = self._processor.tallies
        positions: list[TopicPartition] = []
        for each in committed:
            tallies.restore(each.topic, each.partition, each.metadata or "")
            begin, end = oldest[place(each)], ends[place(each)]
            if 0 <= each.offset < begin:
                lost = begin - each.offset
                _log.error(
                    "%s/%d: %d records are lost: Kafka deleted them by retention before this stage had read them; "
                    "it goes on at offset %d. Let the topic keep them longer, or the stage be away for less long",
                    *(each.topic, each.partition, lost, begin),
                )
                tallies.expire(each.topic, each.partition, lost, self._clock())
            elif each.offset > end:
                _log.error(
                    "%s/%d ends at offset %d, but this stage has read up to %d: the topic was made anew, or Kafka has "
                    "lost its end; the stage begins anew at offset %d",
                    *(each.topic, each.partition, end, each.offset, begin),
                )
            is_there = begin <= each.offset <= end
            positions.append(TopicPartition(each.topic, each.partition, each.offset if is_there else begin))
        return positions

    def _read(self) -> list[Input]:
        # consume() would wait for a whole batch; poll for the first and take along what else is here.
        first = self._consumer.poll(0.2)
        messages = [] if first is None else [first, *self._consumer.consume(_BATCH - 1, 0)]
        if self._assignments > 1:  # what was read before it, and the state, may be somebody else's now
            raise KafkaUnavailable("partitions are assigned anew: the stage starts afresh with their state")
        batch: list[Input] = []
        for message in messages:
            try:
                record = as_input(message)
            except KafkaUnavailable as error:
                cause = message.error()
                if cause is not None and (cause.fatal() or cause.code() == KafkaError._AUTO_OFFSET_RESET):  # noqa: SLF001  (librdkafka's public name for it)
                    raise
                _log.warning("%s", error)  # librdkafka goes on by itself; the record comes again
                continue
            if record is not None:
                batch.append(record)
            else:
                self._behind.discard((message.topic(), message.partition()))
        return batch

    def _keeps_up(self, batch: Sequence[Input]) -> bool:
        return self._assignments > 0 and not self._behind and len(batch) < _BATCH

    def _what_is_due(self) -> Sequence[Output]:
        return self._due(self._clock()) if self._due is not None else ()

    def _transact(self, batch: Sequence[Input], outputs: Sequence[Output]) -> None:
        self._producer.begin_transaction()
        for output in outputs:
            self._produce(output)
        if batch:
            self._producer.send_offsets_to_transaction(
                self._next_offsets(batch), self._consumer.consumer_group_metadata(), _TIMEOUT_S
            )
        self._producer.commit_transaction(_TIMEOUT_S)

    def _produce(self, output: Output) -> None:
        partition = -1 if output.partition is None else output.partition  # -1: the key decides
        while True:
            try:
                self._producer.produce(output.topic.name, output.value, output.key, partition=partition)
            except BufferError:
                self._producer.poll(0.05)
            else:
                return

    def _next_offsets(self, batch: Sequence[Input]) -> list[TopicPartition]:
        now, tallies = datetime.now(UTC), self._processor.tallies
        following: dict[tuple[str, int], int] = {}
        for record in batch:
            following[record.topic, record.partition] = record.offset + 1
        return [
            TopicPartition(topic, partition, offset, tallies.committed(topic, partition, now))
            for (topic, partition), offset in following.items()
        ]
