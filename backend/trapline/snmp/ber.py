"""BER as SNMP restricts it (RFC 3417 section 8): definite lengths only, every length held against its parent.

Nothing here recurses: SNMP's messages nest to a fixed depth, so the callers walk it, and deeper
input is just a wrong tag. Positions are octet offsets into one buffer; `end` is where the parent ends.
"""

from typing import Final

from trapline.protocol.errors import DatagramError

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30

_MAX_OID_OCTETS: Final = 640  # 128 sub-identifiers of 32 bits, 5 octets each
_MAX_SUBIDENTIFIER: Final = 0xFFFFFFFF
_OID_TEXTS_KEPT: Final = 16_384
_LONGEST_KEPT: Final = 64  # octets: 7 MB at most, measured; a known community may send what it likes

_oid_texts: dict[bytes, str] = {}


def long_length(octets: bytes, at: int, end: int) -> tuple[int, int]:
    """The length whose first octet, at `at`, is 0x80 or more: (length, start of the content)."""
    count = octets[at] & 0x7F
    at += 1
    if not 1 <= count <= 4:
        raise DatagramError("bad_length", "a length that is indefinite or of more than 4 octets")
    if at + count > end:
        raise DatagramError("bad_length", "a length that runs past its parent")
    return int.from_bytes(octets[at : at + count], "big"), at + count


def header(octets: bytes, at: int, end: int) -> tuple[int, int, int]:
    """The element at `at`: (tag, start of its content, end of its content)."""
    if at + 2 > end:
        raise DatagramError("bad_length", "an element is missing")
    length = octets[at + 1]
    if length < 0x80:
        start = at + 2
    else:
        length, start = long_length(octets, at + 1, end)
    stop = start + length
    if stop > end:
        raise DatagramError("bad_length", "an element runs past its parent")
    return octets[at], start, stop


def expect(octets: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """The content (start, end) of the element at `at`, which must have this tag."""
    found, start, stop = header(octets, at, end)
    if found != tag:
        raise DatagramError("bad_value", f"tag 0x{found:02x} where 0x{tag:02x} belongs")
    return start, stop


def integer(octets: bytes, at: int, end: int) -> tuple[int, int]:
    """The INTEGER at `at`: (value, end of the element)."""
    start, stop = expect(octets, at, end, INTEGER)
    return signed(octets[start:stop]), stop


def signed(content: bytes) -> int:
    """Content octets of an INTEGER; up to 64 bits, because senders put more than 32 there and net-snmp takes it."""
    if not 1 <= len(content) <= 8:
        raise DatagramError("bad_value", f"an INTEGER of {len(content)} octets")
    return int.from_bytes(content, "big", signed=True)


def unsigned(content: bytes, bits: int) -> int:
    """Content octets of a Counter32, Gauge32, TimeTicks or Counter64. A missing leading zero octet is forgiven."""
    if not 1 <= len(content) <= bits // 8 + 1 or (len(content) > bits // 8 and content[0]):
        raise DatagramError("bad_value", f"an unsigned {bits}-bit number of {len(content)} octets")
    return int.from_bytes(content, "big")


def oid_text(content: bytes) -> str:
    """Content octets of an OBJECT IDENTIFIER as dotted text (RFC 2578 section 3.5: 128 sub-identifiers of 32 bits).

    Senders repeat the same OIDs, so the text is kept (bounded).
    """
    text = _oid_texts.get(content)
    if text is None:
        text = _oid_text(content)
        if len(content) <= _LONGEST_KEPT:
            if len(_oid_texts) >= _OID_TEXTS_KEPT:
                _oid_texts.clear()
            _oid_texts[content] = text
    return text


def _oid_text(content: bytes) -> str:
    if not content:
        return "0.0"  # net-snmp sends and reads an empty one as zeroDotZero
    if len(content) > _MAX_OID_OCTETS or content[-1] & 0x80:
        raise DatagramError("bad_value", "an OBJECT IDENTIFIER that is too long or ends inside a sub-identifier")
    arcs: list[int] = []
    arc = 0
    for octet in content:
        if octet == 0x80 and not arc:
            raise DatagramError("bad_value", "a sub-identifier with a leading zero octet")
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    arcs[:1] = [first, arcs[0] - 40 * first]
    if len(arcs) > 128 or max(arcs) > _MAX_SUBIDENTIFIER:
        raise DatagramError("bad_value", "an OBJECT IDENTIFIER beyond 128 sub-identifiers of 32 bits")
    return ".".join(map(str, arcs))


def write(tag: int, *contents: bytes) -> bytes:
    """One element with its definite length."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def write_integer(value: int, tag: int = INTEGER) -> bytes:
    """Two's complement in the fewest octets; unsigned types too, which get their leading zero by it."""
    return write(tag, value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, "big", signed=True))


def oid_content(text: str) -> bytes:
    """Dotted text as content octets. Raises ValueError where there is no such OBJECT IDENTIFIER."""
    arcs = [int(arc) if arc.isdecimal() else -1 for arc in text.split(".")]
    if len(arcs) < 2 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39) or min(arcs) < 0:
        raise ValueError(f"{text!r} is no object identifier")
    if len(arcs) > 128 or max(arcs) > _MAX_SUBIDENTIFIER:
        raise ValueError(f"{text!r} goes beyond 128 sub-identifiers of 32 bits")
    content = bytearray()
    for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]):
        for shift in range((max(arc.bit_length(), 1) - 1) // 7 * 7, 0, -7):
            content.append(0x80 | arc >> shift & 0x7F)
        content.append(arc & 0x7F)
    return bytes(content)
