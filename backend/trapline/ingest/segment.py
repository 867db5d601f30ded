"""The octets of a spool segment: records one after the other, each with its length and CRC-32.

    length  4 octets, big endian: octets of the body
    crc     4 octets, big endian: CRC-32 of the body
    body    flags (1 octet; bit 0: canary, bit 1: held), key length (2 octets), key (UTF-8), value

- What is read back is a prefix of what was written, whatever happened to the end of the file: the first
  record whose length or CRC is wrong ends the segment. A tail of zeros (a crash of the machine) is wrong.
- Numbering is not written: the n-th record of a segment has the number of the segment plus n.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import Final, NamedTuple

MAX_BODY: Final = 1 << 20
"""A datagram of 64 kB stays far below it as JSON; a length above it is no length."""
HEADER: Final = 8

_header = struct.Struct(">II")
_prefix = struct.Struct(">BH")
_CANARY: Final = 1
_HELD: Final = 2


class Entry(NamedTuple):
    """One record on its way to Kafka: to `snmp-traps`, or to `snmp-held`."""

    key: str
    value: bytes
    is_canary: bool = False
    is_held: bool = False

    @property
    def is_trap(self) -> bool:
        """Whether it counts as one that was accepted."""
        return not (self.is_canary or self.is_held)


def encode(entries: Iterable[Entry]) -> bytes:
    """Entries as octets to append to a segment."""
    parts: list[bytes] = []
    for key, value, is_canary, is_held in entries:
        name = key.encode()
        head = _prefix.pack(_CANARY * is_canary | _HELD * is_held, len(name)) + name
        # The value is most of it: its CRC goes on from the head's, and it is copied once, by the join.
        parts += (_header.pack(len(head) + len(value), zlib.crc32(value, zlib.crc32(head))), head, value)
    return b"".join(parts)


def decode(octets: bytes, limit: int | None = None) -> tuple[list[Entry], int]:
    """The entries at the start of `octets` (at most `limit` of them), and the octets they took.

    Stops without an error at the first record that is cut short or damaged.
    """
    entries: list[Entry] = []
    at, end = 0, len(octets)
    while at + HEADER <= end and (limit is None or len(entries) < limit):
        length, crc = _header.unpack_from(octets, at)
        stop = at + HEADER + length
        if not _prefix.size <= length <= MAX_BODY or stop > end:
            break
        body = octets[at + HEADER : stop]
        if zlib.crc32(body) != crc:
            break
        flags, name_length = _prefix.unpack_from(body)
        split = _prefix.size + name_length
        if split > length:
            break
        name = body[_prefix.size : split].decode()
        entries.append(Entry(name, body[split:], bool(flags & _CANARY), bool(flags & _HELD)))
        at = stop
    return entries, at
