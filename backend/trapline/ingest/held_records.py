"""The records of `snmp-held` and `senders`, as they are read. What cannot be read is said and passed over. Pure."""

import logging
from collections.abc import Iterable, Iterator

import msgspec

from trapline.ingest.held import sender_key
from trapline.kafka.records import Input
from trapline.protocol import codec
from trapline.protocol.errors import RecordError
from trapline.protocol.traps import Held, Sender

_log = logging.getLogger("trapline.ingest")


def held_of(record: Input) -> Iterator[Held]:
    """What a record of `snmp-held` says."""
    try:
        held = codec.decode(record.value or b"", Held)
        _check(record, held)
    except (RecordError, ValueError) as error:
        _left_out(record, error)
    else:
        yield held


def senders_of(record: Input) -> Iterator[tuple[str, Sender | None]]:
    """What a record of `senders` says of a key; None: nothing any more."""
    try:
        sender = codec.decode(record.value, Sender) if record.value else None
        if sender is not None:
            _check(record, sender)
    except (RecordError, ValueError) as error:
        _left_out(record, error)
    else:
        yield record.key.decode(errors="replace"), sender


def fold(records: Iterable[Held]) -> list[Held]:
    """What is held, and what was, in the order of arrival; what was ended has its outcome."""
    found: dict[str, Held] = {}
    for held in records:
        first = found.setdefault(held.held_id, held)
        if held.outcome:
            found[held.held_id] = msgspec.structs.replace(first, outcome=held.outcome)
    return [found[held_id] for held_id in sorted(found)]


def ending(held: Held, outcome: str) -> Held:
    """The record that ends the holding."""
    return msgspec.structs.replace(held, datagram=b"", outcome=outcome)


def _check(record: Input, said: Held | Sender) -> None:
    bytes.fromhex(said.engine_id)
    if sender_key(said.engine_id, said.security_name).encode() != record.key:
        raise ValueError(f"its key is {record.key.decode(errors='replace')!r}")


def _left_out(record: Input, error: Exception) -> None:
    _log.error("%s/%d offset %d is left out: %s", record.topic, record.partition, record.offset, error)
