"""Where a trap's time goes between the wire and the glass, from what the stages wrote into their records.

`received_at` of snmp-traps is ingest's receipt, `recorded_at` of status-changes is track's decision.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from trapline.kafka.reader import read_to_end
from trapline.protocol import codec
from trapline.protocol.status import StatusChange
from trapline.protocol.topics import SNMP_TRAPS, STATUS_CHANGES, Topic
from trapline.protocol.traps import Trap
from trapline.settings import Settings

_NUMBER = re.compile(rb'"#(\d+) ')


class Times(NamedTuple):
    """ms since 1970 by the number of the trap."""

    received: Mapping[int, float]
    recorded: Mapping[int, float]


def read(settings: Settings) -> Times:
    """Of all numbered traps that the node has taken."""
    received = {
        number: codec.decode(value, Trap).received_at.timestamp() * 1000
        for number, value in _numbered(settings, SNMP_TRAPS)
    }
    recorded: dict[int, float] = {}
    for _, value in _numbered(settings, STATUS_CHANGES):
        change = codec.decode(value, StatusChange)
        for alert in change.after.open_alerts if change.after else ():
            number = int(alert.message[1:].partition(" ")[0])
            recorded.setdefault(number, change.recorded_at.timestamp() * 1000)
    return Times(received, recorded)


def _numbered(settings: Settings, topic: Topic) -> Iterator[tuple[int, bytes]]:
    for record in read_to_end(settings, topic, range(settings.kafka_partitions)):
        found = _NUMBER.search(record.value or b"")
        if found and record.value is not None:
            yield int(found[1]), record.value
