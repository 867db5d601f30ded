"""Writes one set of golden records: what this version's rooms write, by topic, from tests/golden/normalize.

`python -m tests.golden.records.generate NAME`, once for a release whose records changed. A set is never written again:
what an old version wrote does not change, and every later version must read it.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from trapline import site
from trapline.kafka.records import Input
from trapline.normalize.component import Normalizer, load_rules
from trapline.protocol import codec, topics
from trapline.protocol.commands import Action, Command, MaintenanceWindow
from trapline.protocol.record import Record
from trapline.protocol.topics import Topic
from trapline.protocol.traps import Held, Sender, Trap
from trapline.settings import load
from trapline.site.models import model_of
from trapline.track.component import Tracker

HERE = Path(__file__).resolve().parent
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ENGINE = "80001f8880b0b0b0b0000d61ff"


class Pipeline:
    """normalize and track on one partition, without Kafka between them."""

    def __init__(self) -> None:
        self.written: dict[str, list[dict[str, str]]] = {}
        self._normalizer = Normalizer(load_rules(Path("/nonexistent")))
        self._tracker = Tracker(load({}))
        self._tracker._known = {0: {}}
        self._offset = 0

    def put(self, topic: Topic, key: str, value: Record | bytes) -> None:
        """A record, and all that the rooms make of it."""
        octets = value if isinstance(value, bytes) else codec.encode(value)
        self.written.setdefault(topic.name, []).append({"key": key, "value": octets.decode()})
        self._offset += 1
        room: Any = {topics.SNMP_TRAPS: self._normalizer, topics.ALERTS: self._tracker, topics.COMMANDS: self._tracker}
        if topic not in room:
            return
        for output in room[topic].process([Input(topic.name, 0, self._offset, key.encode(), octets)]):
            if output.value is not None:  # a tombstone has nothing to read
                self.put(output.topic, output.key, output.value)


def command(number: int, action: Action, target_id: str, **fields: Any) -> Command:
    return Command(
        command_id=f"{number:04}",
        action=action,
        target_id=target_id,
        operator="anna",
        issued_at=NOW + timedelta(seconds=number),
        note="the disk is ordered",
        **fields,
    )


def write(name: str) -> None:
    """All topics into `HERE/name`, which must not be there."""
    pipeline = Pipeline()
    for file in sorted((HERE.parent / "normalize").glob("*.json")):
        trap = msgspec.convert(msgspec.json.decode(file.read_bytes())["trap"], Trap)
        pipeline.put(topics.SNMP_TRAPS, trap.source_addr, trap)
    unknown = Trap(
        **{name: getattr(trap, name) for name in trap.__struct_fields__} | {"trap_oid": "1.3.6.1.4.1.99999.0.1"}
    )
    pipeline.put(topics.SNMP_TRAPS, unknown.source_addr, unknown)
    pipeline.put(topics.SNMP_TRAPS, "192.0.2.10", b"{")
    statuses = [msgspec.json.decode(each["value"]) for each in pipeline.written[topics.STATUS.name]]
    target_id = next(f"{each['target']['type']}:{each['target']['name']}" for each in statuses if "open_alerts" in each)
    window = MaintenanceWindow(
        window_id="0003",
        from_at=NOW,
        to_at=NOW + timedelta(hours=2),
        recurrence="FREQ=WEEKLY",
        time_zone="Europe/Berlin",
    )
    for order in (
        command(1, Action.ACKNOWLEDGE, target_id, until=NOW + timedelta(hours=1)),
        command(2, Action.UNACKNOWLEDGE, target_id),
        command(3, Action.MAINTAIN, target_id, window=window),
        command(4, Action.END_MAINTENANCE, target_id, window_id="0003"),
        command(5, Action.RETIRE, target_id),
        command(6, Action.RESTORE, target_id),
        command(7, Action.ACKNOWLEDGE, "host:nowhere"),
    ):
        pipeline.put(topics.COMMANDS, order.target_id, order)
    pipeline.put(topics.ALERTS, target_id, b"[1]")
    who = {"engine_id": ENGINE, "security_name": "oem"}
    held = Held(
        held_id=trap.trap_id,
        received_at=NOW,
        source_addr="192.0.2.10",
        source_port=40_162,
        reason="unknown_engine",
        datagram=b"\x30\x82\x0b",
        **who,
    )
    pipeline.put(topics.SNMP_HELD, f"{ENGINE}/oem", held)
    sender = Sender(is_approved=True, operator="anna", at=NOW, note="the new OMS", **who)
    pipeline.put(topics.SENDERS, f"{ENGINE}/oem", sender)
    model = model_of(site.load(load({}).site), "node-1", NOW)
    pipeline.put(topics.SITE_MODEL, model.version, model)
    directory = HERE / name
    directory.mkdir()
    for topic, records in pipeline.written.items():
        octets = msgspec.json.format(msgspec.json.encode(records), indent=1)
        (directory / f"{topic}.json").write_bytes(octets + b"\n")


if __name__ == "__main__":
    write(sys.argv[1])
