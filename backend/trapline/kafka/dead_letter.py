"""A record that cannot be used, as a record for a `*-dead` topic.

It must always fit: a dead letter that Kafka refuses would stop its stage for ever. librdkafka takes records of
1,000,000 octets; the value is base64 in JSON (4 octets for 3), so what is longer than it may be is cut, and says so.
The place leads to the whole record for as long as its topic keeps it.
"""

from datetime import datetime
from typing import Final

from trapline.kafka.records import Input, Output
from trapline.protocol import codec
from trapline.protocol.topics import Topic
from trapline.protocol.traps import DeadLetter

VALUE_OCTETS: Final = 500_000
KEY_LENGTH: Final = 1_100  # a target id is shorter
_REASON_LENGTH: Final = 2_000


def dead_letter(record: Input, topic: Topic, *, stage: str, reason: str, recorded_at: datetime) -> Output:
    """The output for `topic`, under the record's own key."""
    value = record.value or b""
    if len(reason) > _REASON_LENGTH:
        reason = reason[:_REASON_LENGTH] + "…"
    if len(value) > VALUE_OCTETS:
        reason = f"{reason}; of its {len(value)} octets these are the first {VALUE_OCTETS}"
    letter = DeadLetter(
        reason=reason,
        stage=stage,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        recorded_at=recorded_at,
        value=value[:VALUE_OCTETS],
    )
    return Output(topic, record.key.decode(errors="replace")[:KEY_LENGTH], codec.encode(letter))
