"""The shell of track: events and commands in, status and history out."""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from trapline.kafka.admin import ensure_topics
from trapline.kafka.dead_letter import dead_letter
from trapline.kafka.reader import read_to_end
from trapline.kafka.records import Input, Output
from trapline.kafka.stage import Stage
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.canary import is_canary
from trapline.protocol.commands import Command
from trapline.protocol.errors import RecordError
from trapline.protocol.status import InputPosition, StatusChange, TargetStatus
from trapline.settings import Settings
from trapline.track.reduce import Transition, apply_command, reduce

_log = logging.getLogger("trapline.track")
_STAGE = "track"

# A change holds two statuses, and librdkafka takes records of 1,000,000 octets. What would make a status larger goes
# to the dead letters, with the reason: a clear makes it smaller, so it always passes.
STATUS_OCTETS: Final = 450_000
CHANGE_OCTETS: Final = 990_000


class Tracker:
    """The statuses of the partitions that are ours."""

    def __init__(self, configuration: Settings) -> None:
        self._settings = configuration
        self._statuses: dict[int, dict[str, TargetStatus]] = {}

    def assigned(self, partitions: Sequence[int]) -> None:
        self._statuses = {partition: {} for partition in partitions}
        if partitions:
            # Only the newest record of a target is worth decoding; until Kafka compacts there may be many before it.
            records = read_to_end(self._settings, topics.STATUS, partitions)
            for record in {(each.partition, each.key): each for each in records}.values():
                self._restore(record)
        _log.info("%d targets in partitions %s", sum(map(len, self._statuses.values())), list(partitions))

    def process(self, batch: Sequence[Input]) -> list[Output]:
        now = datetime.now(UTC)
        outputs: list[Output] = []
        latest: dict[str, Output] = {}
        for record in batch:
            for output in self._take(record, now):
                # Of several changes of a target in a batch, the compacted topic needs the last.
                if output.topic is topics.STATUS:
                    latest[output.key] = output
                else:
                    outputs.append(output)
        return [*outputs, *latest.values()]

    def _restore(self, record: Input) -> None:
        statuses, target_id = self._statuses[record.partition], record.key.decode(errors="replace")
        if record.value is None:
            statuses.pop(target_id, None)
            return
        try:
            statuses[target_id] = _read_status(target_id, record.value)
        except RecordError as error:
            # Its next event starts it anew; not to start at all would stop all the others.
            place = f"{record.topic}/{record.partition} offset {record.offset}"
            _log.error("the status of %s at %s is left out: %s", target_id, place, error)

    def _take(self, record: Input, now: datetime) -> list[Output]:
        try:
            target_id, effective_at, before, transition = self._decide(record)
        except RecordError as error:
            return [_dead(record, str(error), now)]
        after = transition.status
        if after is None:
            return [_dead(record, transition.reason, now)]
        outputs: list[Output] = []
        if transition.is_change:
            encoded = codec.encode(after)
            if len(encoded) > STATUS_OCTETS:
                reason = f"{target_id} would have {len(after.open_alerts)} open alerts in {len(encoded)} octets"
                return [_dead(record, f"{reason}; {STATUS_OCTETS} is the most", now)]
            outputs.append(Output(topics.STATUS, target_id, encoded, record.partition))
        if transition.is_history:
            change = StatusChange(
                target_id=target_id,
                before=before,
                after=after,
                effective_at=effective_at,
                recorded_at=now,
                reason=transition.reason,
                rule_id=transition.rule_id,
                input=InputPosition(topic=record.topic, partition=record.partition, offset=record.offset),
            )
            encoded = codec.encode(change)
            if len(encoded) > CHANGE_OCTETS:
                reason = f"what it tells of {target_id} has {len(encoded)} octets"
                return [_dead(record, f"{reason}; {CHANGE_OCTETS} is the most", now)]
            outputs.append(Output(topics.STATUS_CHANGES, target_id, encoded, record.partition))
        self._statuses[record.partition][target_id] = after
        return outputs

    def _decide(self, record: Input) -> tuple[str, datetime, TargetStatus | None, Transition]:
        if record.value is None:
            raise RecordError(f"a tombstone means nothing in {record.topic}")
        if record.topic == topics.COMMANDS.name:
            command = codec.decode(record.value, Command)
            before = self._status(record, command.target_id)
            return command.target_id, command.issued_at, before, apply_command(before, command)
        event = codec.decode(record.value, AlertEvent)
        before = self._status(record, event.target.id)
        if before is None:
            self._make_room(event.target.id)
        return event.target.id, event.received_at, before, reduce(before, event)

    def _make_room(self, target_id: str) -> None:
        """Raises RecordError for a target too many. A canary is none: the wall must not go blind because it is full."""
        most = self._settings.targets_max
        if sum(map(len, self._statuses.values())) >= most and not is_canary(target_id):
            raise RecordError(f"{target_id} would be new, but {most} targets are known; raise TRAPLINE_TARGETS_MAX")

    def _status(self, record: Input, target_id: str) -> TargetStatus | None:
        # Another key is another partition: the target would have two statuses.
        if record.key != target_id.encode():
            raise RecordError(f"the key is {record.key.decode(errors='replace')!r}, but it is about {target_id!r}")
        return self._statuses[record.partition].get(target_id)


def _read_status(target_id: str, value: bytes) -> TargetStatus:
    if len(value) > STATUS_OCTETS:
        raise RecordError(f"it has {len(value)} octets; {STATUS_OCTETS} is the most")
    status = codec.decode(value, TargetStatus)
    if status.target.id != target_id:
        raise RecordError(f"it is about {status.target.id!r}")
    return status


def _dead(record: Input, reason: str, now: datetime) -> Output:
    _log.warning("%s/%d offset %d: %s", record.topic, record.partition, record.offset, reason)
    topic = topics.COMMANDS_DEAD if record.topic == topics.COMMANDS.name else topics.ALERTS_DEAD
    return dead_letter(record, topic, stage=_STAGE, reason=reason, recorded_at=now)


def run(configuration: Settings, stop: threading.Event) -> None:
    """Tracks until `stop` is set."""
    ensure_topics(configuration)
    Stage(configuration, _STAGE, (topics.ALERTS, topics.COMMANDS), Tracker(configuration)).run(stop)
