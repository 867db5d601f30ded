"""The shell of track: events and commands in; status, history, retirements and the clock's commands out."""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeVar

from trapline.deadlines import Deadlines
from trapline.kafka.admin import ensure_topics
from trapline.kafka.dead_letter import dead_letter
from trapline.kafka.reader import read_to_end
from trapline.kafka.records import Input, Output
from trapline.kafka.stage import Stage
from trapline.kafka.tallies import Tallies
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.canary import is_canary
from trapline.protocol.commands import CLOCK, Command
from trapline.protocol.errors import RecordError
from trapline.protocol.status import InputPosition, Retirement, StatusChange, TargetStatus
from trapline.protocol.tally import OPERATORS, OTHERS
from trapline.settings import Settings
from trapline.track import timers
from trapline.track.decide import NOBODY, Decision, Known, decide
from trapline.track.storm import Limits, Senders

_log = logging.getLogger("trapline.track")
_STAGE = "track"
_OUTCOMES: Final = {"track.repeat": "repeated", "track.late": "late"}
_DUE_AT_ONCE: Final = 500

# A change holds two statuses, and librdkafka takes records of 1,000,000 octets. What normalize writes never makes a
# status as large (storm.py); a record that somebody else wrote and that would goes to the dead letters.
STATUS_OCTETS: Final = 450_000
CHANGE_OCTETS: Final = 990_000

_STORM: Final = "a storm of %s: %d steps are told in this minute; from now on each of its targets tells one, and counts"

R = TypeVar("R", TargetStatus, Retirement)


class Step(NamedTuple):
    """What a record is about, when, and what is known before and after it."""

    target_id: str
    sender: str
    effective_at: datetime
    before: Known
    decision: Decision


class Tracker:
    """What is known of the targets in the partitions that are ours, and the clock's part in it."""

    def __init__(self, configuration: Settings) -> None:
        self.tallies = Tallies()
        self._settings = configuration
        self._senders = Senders(
            Limits(configuration.open_alerts_max, configuration.history_per_minute, configuration.history_per_sender)
        )
        self._known: dict[int, dict[str, Known]] = {}
        self._octets: dict[str, int] = {}
        self._timers = Deadlines[tuple[int, str]]()
        self._written: set[str] = set()

    def assigned(self, partitions: Sequence[int]) -> None:
        self._known = {partition: {} for partition in partitions}
        for topic in (topics.RETIREMENTS, topics.STATUS) if partitions else ():
            # Only the newest record of a target is worth decoding; until Kafka compacts there may be many before it.
            records = read_to_end(self._settings, topic, partitions)
            for record in {(each.partition, each.key): each for each in records}.values():
                self._restore(record)
        counts = sum(map(len, self._known.values())), list(partitions)
        _log.info("%d targets, retired ones included, in partitions %s", *counts)

    def process(self, batch: Sequence[Input]) -> list[Output]:
        now = datetime.now(UTC)
        outputs: list[Output] = []
        changed: dict[tuple[topics.Topic, str], int] = {}
        for record in batch:
            outputs += self._take(record, now, changed)
        # Of several changes of a target in a batch, a compacted topic needs the last.
        outputs += (self._latest(topic, target_id, partition) for (topic, target_id), partition in changed.items())
        return outputs

    def due(self, now: datetime) -> list[Output]:
        """What the clock decides now, as commands; one that is written and not yet read is not written again."""
        outputs: list[Output] = []
        for partition, target_id in self._timers.take(now, _DUE_AT_ONCE):
            status = self._known[partition][target_id].status
            command = timers.due(target_id, status, now) if status else None
            if command is not None and command.command_id not in self._written:
                self._written.add(command.command_id)
                outputs.append(Output(topics.COMMANDS, target_id, codec.encode(command), partition))
        return outputs

    def _restore(self, record: Input) -> None:
        target_id = record.key.decode(errors="replace")
        if record.value is None or target_id in self._known[record.partition]:  # retired: that is read first
            return
        try:
            if record.topic == topics.RETIREMENTS.name:
                known = Known(retirement=_read(target_id, record.value, Retirement))
            else:
                known = Known(_read(target_id, record.value, TargetStatus))
        except RecordError as error:
            # Its next event starts it anew; not to start at all would stop all the others.
            place = f"{record.topic}/{record.partition} offset {record.offset}"
            _log.error("what is known of %s at %s is left out: %s", target_id, place, error)
            return
        self._octets[target_id] = len(record.value)
        self._keep(record.partition, target_id, known)

    def _keep(self, partition: int, target_id: str, known: Known) -> None:
        self._known[partition][target_id] = known
        self._timers.watch((partition, target_id), timers.due_at(known.status) if known.status else None)

    def _take(self, record: Input, now: datetime, changed: dict[tuple[topics.Topic, str], int]) -> list[Output]:
        try:
            step = self._decide(record)
            told = _history(record, step, now)
        except RecordError as error:
            self.tallies.count(record.topic, record.partition, OTHERS, "refused")
            return [_dead(record, str(error), now)]
        self.tallies.count(record.topic, record.partition, step.sender, _outcome(step))
        before, after = step.before, step.decision.known
        if after.status is not before.status:
            changed[topics.STATUS, step.target_id] = record.partition
        if after.retirement is not before.retirement:
            changed[topics.RETIREMENTS, step.target_id] = record.partition
        if after != NOBODY:
            self._keep(record.partition, step.target_id, after)
        return told

    def _decide(self, record: Input) -> Step:
        if record.value is None:
            raise RecordError(f"a tombstone means nothing in {record.topic}")
        if record.topic == topics.COMMANDS.name:
            command = codec.decode(record.value, Command)
            if command.operator == CLOCK:
                self._written.discard(command.command_id)
            target_id, effective_at = command.target_id, command.issued_at
            sender = CLOCK if command.operator == CLOCK else OPERATORS
            before = self._before(record, target_id)
            decision = decide(before, command)
        else:
            event = codec.decode(record.value, AlertEvent)
            target_id, effective_at = event.target.id, event.received_at
            sender = event.provenance.source_addr
            before = self._before(record, target_id)
            decision = decide(before, event, self._senders.limits_for(event))
            if decision.is_history and self._senders.told(event):
                _log.warning(_STORM, event.provenance.source_addr, self._settings.history_per_sender)
        if decision.is_refused:
            raise RecordError(decision.reason)
        if before == NOBODY and decision.known != NOBODY:
            self._make_room(target_id)
        self._check_size(target_id, decision.known, len(record.value))
        return Step(target_id, sender, effective_at, before, decision)

    def _make_room(self, target_id: str) -> None:
        """Raises RecordError for a target too many. A canary is none: the wall must not go blind because it is full."""
        most = self._settings.targets_max
        if sum(map(len, self._known.values())) >= most and not is_canary(target_id):
            raise RecordError(f"{target_id} would be new, but {most} targets are known; raise TRAPLINE_TARGETS_MAX")

    def _before(self, record: Input, target_id: str) -> Known:
        # Another key is another partition: the target would have two statuses.
        if record.key != target_id.encode():
            raise RecordError(f"the key is {record.key.decode(errors='replace')!r}, but it is about {target_id!r}")
        return self._known[record.partition].get(target_id, NOBODY)

    def _check_size(self, target_id: str, known: Known, record_octets: int) -> None:
        """Raises RecordError for what would make the status too large. Counts exactly only where it may be."""
        status = known.retirement.last_status if known.retirement else known.status
        if status is None:
            return
        at_most = self._octets.get(target_id, STATUS_OCTETS) + 3 * record_octets + 2_000
        if at_most > STATUS_OCTETS:
            at_most = len(codec.encode(status))
        if at_most > STATUS_OCTETS:
            raise RecordError(f"the status of {target_id} would have {at_most} octets; {STATUS_OCTETS} is the most")
        self._octets[target_id] = at_most

    def _latest(self, topic: topics.Topic, target_id: str, partition: int) -> Output:
        known = self._known[partition][target_id]
        record = known.status if topic is topics.STATUS else known.retirement
        encoded = codec.encode(record) if record else None
        if encoded is not None:
            self._octets[target_id] = len(encoded)
        return Output(topic, target_id, encoded, partition)


def _history(record: Input, step: Step, now: datetime) -> list[Output]:
    if not step.decision.is_history:
        return []
    change = StatusChange(
        target_id=step.target_id,
        before=step.before.status,
        after=step.decision.known.status,
        effective_at=step.effective_at,
        recorded_at=now,
        reason=step.decision.reason,
        rule_id=step.decision.rule_id,
        input=InputPosition(topic=record.topic, partition=record.partition, offset=record.offset),
    )
    encoded = codec.encode(change)
    if len(encoded) > CHANGE_OCTETS:
        raise RecordError(f"what it tells of {step.target_id} has {len(encoded)} octets; {CHANGE_OCTETS} is the most")
    return [Output(topics.STATUS_CHANGES, step.target_id, encoded, record.partition)]


def _read(target_id: str, value: bytes, kind: type[R]) -> R:
    most = STATUS_OCTETS if kind is TargetStatus else CHANGE_OCTETS
    if len(value) > most:
        raise RecordError(f"it has {len(value)} octets; {most} is the most")
    record = codec.decode(value, kind)
    if record.target.id != target_id:
        raise RecordError(f"it is about {record.target.id!r}")
    return record


def _outcome(step: Step) -> str:
    """A word of `tally.TRACKED`."""
    before, decision = step.before, step.decision
    if is_canary(step.target_id):
        return "canary"
    if decision.rule_id in _OUTCOMES:
        return _OUTCOMES[decision.rule_id]
    if decision.known.retirement is not None and before.retirement is not None:
        return "retired"
    if decision.known != before:
        return "counted"
    return "told" if decision.is_history else "unused"


def _dead(record: Input, reason: str, now: datetime) -> Output:
    _log.warning("%s/%d offset %d: %s", record.topic, record.partition, record.offset, reason)
    topic = topics.COMMANDS_DEAD if record.topic == topics.COMMANDS.name else topics.ALERTS_DEAD
    return dead_letter(record, topic, stage=_STAGE, reason=reason, recorded_at=now)


def run(configuration: Settings, stop: threading.Event) -> None:
    """Tracks until `stop` is set."""
    ensure_topics(configuration)
    tracker = Tracker(configuration)
    Stage(configuration, _STAGE, (topics.ALERTS, topics.COMMANDS), tracker, due=tracker.due).run(stop)
