"""Records to JSON and back. None is a tombstone: it encodes to None, and None decodes to None."""

from typing import TypeVar

import msgspec

from trapline.protocol.errors import RecordError
from trapline.protocol.record import Record

R = TypeVar("R", bound=Record)

_encoder = msgspec.json.Encoder()
_decoders: dict[type[Record], msgspec.json.Decoder[Record]] = {}


def encode(record: Record) -> bytes:
    """A record as JSON octets."""
    return _encoder.encode(record)


def decode(value: bytes, kind: type[R]) -> R:
    """JSON octets as a record of `kind`. Raises RecordError with the place in the document."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        record = decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:  # nested 100,000 deep
        raise RecordError(f"not a {kind.__name__}: {error}") from error
    assert isinstance(record, kind)
    return record
