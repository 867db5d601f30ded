"""What a stage has made of the records it read, by sender and outcome. It lies beside the offsets that are committed.

Kafka keeps a few words with each offset of a group. A tally there is committed in the transaction of the very records
that it counts: it is exact, whatever is killed, and it goes with the partition to whoever reads it next.
"""

from datetime import datetime
from typing import Final

import msgspec

from trapline.protocol.record import Record, check_times

TALLY_OCTETS: Final = 1_500
"""Kafka takes 4,096 with an offset (offset.metadata.max.bytes), and writes them with every commit."""

OTHERS: Final = ""
"""The sender of what is counted together, because there are more senders than a tally has room for."""

OPERATORS: Final = "operators"
"""The sender of commands; those of the clock are `commands.CLOCK`'s."""

EXPIRED: Final = "expired"

NORMALIZED: Final = {
    "matched": "A rule made an event of it.",
    "canary": "Our own test trap, by which the wall knows that it sees.",
    "unknown_oid": "No rule is for its trap OID; it is in snmp-traps-unmatched.",
    "unmatched": "No rule that is for its trap OID took it; it is in snmp-traps-unmatched with the reason of each.",
    "unreadable": "It is no trap as ingest writes them; it is in snmp-traps-dead with the reason.",
}
"""What normalize makes of a trap, each with a sentence for people."""

TRACKED: Final = {
    "counted": "The status of its target was set by it.",
    "told": "It changed no status, and is told in the target's history with the reason.",
    "repeated": "It was taken before: a repeat changes nothing.",
    "late": "It arrived behind what came after it: it is told in the history and changes no status.",
    "retired": "Its target is retired: it is noted there, and does not bring it back to the wall.",
    "unused": "It says nothing about the status of a target.",
    "canary": "Our own test trap.",
    "refused": "It could not be used; it is in alerts-dead or commands-dead with the reason.",
}
"""What track makes of an event or a command, each with a sentence for people."""

EXPIRED_SENTENCE: Final = (
    "Kafka had deleted it by the topic's retention before the stage was back to read it: it is lost."
)


class Tally(Record, frozen=True, kw_only=True):
    """Counts since `since`, by sender (an address, OTHERS, OPERATORS) and outcome; `at`: when it was last committed."""

    since: datetime
    at: datetime
    counts: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        check_times(self.since, self.at)
