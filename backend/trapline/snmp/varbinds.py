"""A VarBindList as JSON fragments, one `protocol.traps.Varbind` each. This is the hot loop.

A varbind seen before, octet for octet, costs one slice and one look-up: its JSON is kept. Two generations bound what is
kept: when the recent one is full it becomes the older one, and what is still in use comes back from there. Only
varbinds of accepted senders get here, so strangers cannot push anything out.

Varbinds that were seen before and stand behind each other are kept as a run, found by its first one: of OEM's 76 ten
are fresh, and ten runs cost less than 66 varbinds. A run that does not fit what follows is cut to what does, and never
grows again, so runs end where traps begin to differ.

Octets are text where they are UTF-8 without control characters (tab, line feed and carriage return are text);
else hex, and `is_hex` says so. `snmpTrapCommunity.0` (RFC 2576) never leaves (law 9): the varbind is dropped.
"""

from typing import Final

import msgspec

from trapline.protocol.errors import DatagramError
from trapline.snmp import ber

_COMMUNITY_OID: Final = "1.3.6.1.6.3.18.1.4"

_GENERATION: Final = 4096  # varbinds; larger ones cost more in caches of the CPU than they save
_LONGEST_KEPT: Final = 400  # octets; two generations of the worst are about 12 MB
_PREFIXES_KEPT: Final = 16_384
_LONGEST_NAME_KEPT: Final = 64  # octets of an OID's element and a tag: 7 MB at most, measured
_RUNS_KEPT: Final = 2048
_LONGEST_RUN: Final = 1000  # octets; with their JSON

IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
OPAQUE: Final = 0x44
COUNTER64: Final = 0x46
UINTEGER32: Final = 0x47  # RFC 1442, obsolete, but senders and net-snmp still know it

# tag -> the SMIv2 name that Varbind.syntax has (RFC 2578, RFC 3416 section 3)
SYNTAXES: Final = {
    ber.INTEGER: "Integer32",
    ber.OCTET_STRING: "OCTET STRING",
    ber.NULL: "NULL",
    ber.OBJECT_IDENTIFIER: "OBJECT IDENTIFIER",
    IP_ADDRESS: "IpAddress",
    COUNTER32: "Counter32",
    GAUGE32: "Gauge32",
    TIME_TICKS: "TimeTicks",
    OPAQUE: "Opaque",
    COUNTER64: "Counter64",
    UINTEGER32: "UInteger32",
    0x80: "noSuchObject",
    0x81: "noSuchInstance",
    0x82: "endOfMibView",
}
UNSIGNED_32: Final = frozenset((COUNTER32, GAUGE32, TIME_TICKS, UINTEGER32))

_TEXT: Final = bytes((9, 10, 13, *range(32, 127), *range(128, 256)))
_VERBATIM: Final = bytes(octet for octet in range(32, 127) if octet not in b'"\\')  # JSON needs no escape for these

_json = msgspec.json.Encoder().encode


class _Kept:
    """JSON of varbinds by their octets, and runs (octets, their JSON) by the octets of their first varbind."""

    __slots__ = ("older", "recent", "runs")

    def __init__(self) -> None:
        self.recent: dict[bytes, bytes] = {}
        self.older: dict[bytes, bytes] = {}
        self.runs: dict[bytes, tuple[bytes, bytes]] = {}


_kept = _Kept()
_prefixes: dict[bytes, bytes] = {}


def fragments(octets: bytes, start: int, end: int) -> list[bytes]:
    """The VarBindList's content octets[start:end] as JSON objects in their order, runs of them joined by commas."""
    found: list[bytes] = []
    add = found.append
    recent, older, runs = _kept.recent, _kept.older, _kept.runs
    begin, first = start, 0  # a stretch of varbinds seen before: its offset, and its place in `found`
    at = start
    while at < end:
        if at + 2 > end:
            raise DatagramError("bad_length", "a varbind is cut")
        length = octets[at + 1]
        if length < 0x80:
            body = at + 2
        else:
            length, body = ber.long_length(octets, at + 1, end)
        stop = body + length
        if stop > end:
            raise DatagramError("bad_length", "a varbind runs past the list")
        varbind = octets[at:stop]
        run = runs.get(varbind)
        if run is not None:
            if begin < at:
                _keep_run(octets, begin, at, found[first:])
            if octets.startswith(run[0], at, end):
                add(run[1])
                at = begin = at + len(run[0])
                first = len(found)
                continue
            begin, first = at, len(found)
        fragment = recent.get(varbind)
        if fragment:
            add(fragment)
            at = stop
            continue
        if begin < at:
            _keep_run(octets, begin, at, found[first:])
        if fragment is None:
            fragment = older.get(varbind) or _fragment(octets, at, body, stop)
            if stop - at <= _LONGEST_KEPT:
                if len(recent) >= _GENERATION:
                    _kept.older, _kept.recent = recent, {}
                    recent, older = _kept.recent, _kept.older
                recent[varbind] = fragment
        if fragment:
            add(fragment)
        at = begin = stop
        first = len(found)
    if begin < end:
        _keep_run(octets, begin, end, found[first:])
    return found


def _keep_run(octets: bytes, begin: int, end: int, stretch: list[bytes]) -> None:
    """Keeps octets[begin:end], varbinds whose JSON is `stretch`, as a run; one that begins like them is cut."""
    first = octets[begin : _stop(octets, begin, end)]
    run = _kept.runs.get(first)
    if run is None and len(stretch) < 2:
        return
    at, count = begin, 0
    while at < end:
        stop = _stop(octets, at, end)
        if stop - begin > _LONGEST_RUN or (run and not run[0].startswith(octets[at:stop], at - begin)):
            break
        at, count = stop, count + 1
    if len(_kept.runs) >= _RUNS_KEPT:
        _kept.runs.clear()
    _kept.runs[first] = octets[begin:at], b",".join(stretch[:count])


def _stop(octets: bytes, at: int, end: int) -> int:
    """Where the element at `at` ends, which is known to be right."""
    length, body = octets[at + 1], at + 2
    if length >= 0x80:
        length, body = ber.long_length(octets, at + 1, end)
    return body + length


def _fragment(octets: bytes, at: int, body: int, stop: int) -> bytes:
    """The varbind octets[at:stop], whose content begins at `body`, as JSON; empty when it must not leave."""
    if octets[at] != ber.SEQUENCE:
        raise DatagramError("bad_value", f"tag 0x{octets[at]:02x} where a varbind belongs")
    if stop - body > 2:
        value = body + 2 + octets[body + 1]
        prefix = _prefixes.get(octets[body : value + 1])
        # A known prefix is a name and a tag that were checked once; text of less than 128 octets is all that OEM sends.
        if prefix and value + 1 < stop and octets[value] == ber.OCTET_STRING and octets[value + 1] == stop - value - 2:
            raw = octets[value + 2 : stop]
            if len(raw) < 0x80 and not raw.translate(None, _VERBATIM):
                return b'%b,"value":"%b"}' % (prefix, raw)
    return _any_fragment(octets, body, stop)


def _any_fragment(octets: bytes, body: int, stop: int) -> bytes:
    name, value = ber.expect(octets, body, stop, ber.OBJECT_IDENTIFIER)
    tag, content, value_stop = ber.header(octets, value, stop)
    if value_stop != stop:
        raise DatagramError("bad_length", "octets after a varbind's value")
    key = octets[body : value + 1]  # the name's element and the value's tag
    prefix = _prefixes.get(key)
    if prefix is None:
        prefix = _prefix(octets[name:value], tag)
        if len(key) <= _LONGEST_NAME_KEPT:
            if len(_prefixes) >= _PREFIXES_KEPT:
                _prefixes.clear()
            _prefixes[key] = prefix
    if not prefix:
        return b""
    raw = octets[content:stop]
    return _octets(prefix, raw) if tag == ber.OCTET_STRING else _value(prefix, tag, raw)


def _prefix(name: bytes, tag: int) -> bytes:
    oid = ber.oid_text(name)
    if tag not in SYNTAXES:
        raise DatagramError("bad_value", f"tag 0x{tag:02x} is no SNMP syntax")
    if oid == _COMMUNITY_OID or oid.startswith(_COMMUNITY_OID + "."):
        return b""
    return b'{"oid":"%b","syntax":"%b"' % (oid.encode(), SYNTAXES[tag].encode())


def _octets(prefix: bytes, raw: bytes) -> bytes:
    if not raw.translate(None, _VERBATIM):
        return b'%b,"value":"%b"}' % (prefix, raw)
    if not raw.translate(None, _TEXT):
        try:
            return b'%b,"value":%b}' % (prefix, _json(raw.decode()))
        except UnicodeDecodeError:
            pass
    return b'%b,"value":"%b","is_hex":true}' % (prefix, raw.hex().encode())


def _value(prefix: bytes, tag: int, raw: bytes) -> bytes:
    if tag == ber.INTEGER:
        return b'%b,"value":%d}' % (prefix, ber.signed(raw))
    if tag in UNSIGNED_32:
        return b'%b,"value":%d}' % (prefix, ber.unsigned(raw, 32))
    if tag == COUNTER64:
        return b'%b,"value":%d}' % (prefix, ber.unsigned(raw, 64))
    if tag == ber.OBJECT_IDENTIFIER:
        return b'%b,"value":"%b"}' % (prefix, ber.oid_text(raw).encode())
    if tag == IP_ADDRESS:
        return b'%b,"value":"%b"}' % (prefix, ip_text(raw).encode())
    if tag == OPAQUE:
        return b'%b,"value":"%b","is_hex":true}' % (prefix, raw.hex().encode())
    if raw:
        raise DatagramError("bad_length", f"{SYNTAXES[tag]} with {len(raw)} octets")
    return prefix + b"}"


def ip_text(content: bytes) -> str:
    """Content octets of an IpAddress as dotted text."""
    if len(content) != 4:
        raise DatagramError("bad_value", f"an IpAddress of {len(content)} octets")
    return ".".join(map(str, content))
