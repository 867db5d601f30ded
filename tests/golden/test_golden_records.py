"""Rolling start: this version reads what earlier ones wrote, whole, and goes on from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest

from trapline.kafka.records import Input
from trapline.kafka.stage import Processor
from trapline.normalize.component import Normalizer, load_rules
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.commands import Command
from trapline.protocol.errors import RecordError
from trapline.protocol.record import Record
from trapline.protocol.site_model import SiteModel
from trapline.protocol.status import Retirement, StatusChange, TargetStatus
from trapline.protocol.traps import DeadLetter, Held, Sender, Trap, Unmatched
from trapline.settings import load
from trapline.track.component import Tracker

SETS: Final = Path(__file__).resolve().parent / "records"
NEWEST: Final = "2-of-5"
KINDS: Final[dict[str, type[Record]]] = {
    "snmp-traps": Trap,
    "snmp-traps-unmatched": Unmatched,
    "snmp-traps-dead": DeadLetter,
    "snmp-held": Held,
    "senders": Sender,
    "alerts": AlertEvent,
    "alerts-dead": DeadLetter,
    "commands": Command,
    "commands-dead": DeadLetter,
    "status": TargetStatus,
    "status-changes": StatusChange,
    "retirements": Retirement,
    "site-model": SiteModel,
}
# Put there on purpose: the dead letters' own records.
POISON: Final = {b"{", b"[1]"}


# Given up on purpose. `last_command_id` of a status: now `memory.command_ids`; it only told a repeat of the last command,
# which acknowledges again what is acknowledged.
GIVEN_UP: Final = {"last_command_id"}


class Golden(NamedTuple):
    file: Path
    key: str
    value: bytes

    @property
    def topic(self) -> str:
        return self.file.stem


def golden(*names: str) -> Iterator[Golden]:
    """Those of the topics with these names, of every set."""
    for file in sorted(SETS.glob("*/*.json")):
        if not names or file.stem in names:
            for record in msgspec.json.decode(file.read_bytes()):
                yield Golden(file, record["key"], record["value"].encode())


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _kept(each) for name, each in value.items() if name not in GIVEN_UP}
    return [_kept(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("topic", [topic.name for topic in topics.ALL])
def test_every_topic_has_golden_records(topic: str) -> None:
    assert (SETS / NEWEST / f"{topic}.json").exists(), f"{topic} has none: python -m tests.golden.records.generate"
    assert topic in KINDS, f"say which record {topic} holds"


@pytest.mark.parametrize("topic", KINDS)
def test_what_an_earlier_version_wrote_is_read_and_nothing_of_it_is_lost(topic: str) -> None:
    for record in golden(topic):
        if record.value in POISON:
            continue
        again = codec.encode(codec.decode(record.value, KINDS[topic]))
        assert _kept(msgspec.json.decode(record.value)) == _kept(msgspec.json.decode(again)), record.file


def test_what_nobody_could_read_is_still_a_dead_letter() -> None:
    poison = [record for record in golden() if record.value in POISON]
    assert len(poison) >= 4
    for record in poison:
        with pytest.raises(RecordError):
            codec.decode(record.value, KINDS[record.topic])


def test_the_stages_go_on_with_what_an_earlier_version_left_them() -> None:
    normalizer, tracker = Normalizer(load_rules(Path("/nonexistent"))), Tracker(load({}))
    tracker._known = {0: {}}
    for record in golden("retirements", "status"):
        tracker._restore(Input(record.topic, 0, 0, record.key.encode(), record.value))
    assert {record.key for record in golden("status")} <= tracker._known[0].keys()
    rooms: dict[str, Processor] = {"snmp-traps": normalizer, "alerts": tracker, "commands": tracker}
    refused = [
        (record.file, output.value)
        for number, record in enumerate(golden(*rooms))
        if record.value not in POISON and "nowhere" not in record.key
        for output in rooms[record.topic].process([Input(record.topic, 0, number, record.key.encode(), record.value)])
        if output.topic.name.endswith("-dead")
    ]
    assert [] == refused
