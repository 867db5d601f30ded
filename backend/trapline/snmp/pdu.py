"""A notification's PDU: RFC 1157 Trap-PDU, RFC 3416 SNMPv2-Trap-PDU and InformRequest-PDU.

v1 is mapped by RFC 3584 section 3.1: generic 0-5 to 1.3.6.1.6.3.1.1.5.(n+1), 6 to enterprise.0.specific, with its own
fields kept. v2: sysUpTime.0 and snmpTrapOID.0 come first (RFC 3416 section 4.2.6). As net-snmp and pysnmp do, we find
them anywhere. A missing sysUpTime.0 is forgiven, and one that is no TimeTicks stays a varbind; without snmpTrapOID.0
there is no notification. Both become fields of the record and leave its varbinds.
"""

from typing import Final, NamedTuple

from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import PduType
from trapline.snmp import ber, varbinds

TRAP_V1: Final = 0xA4
INFORM: Final = 0xA6
TRAP_V2: Final = 0xA7

SYS_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"
SNMP_TRAP_OID: Final = "1.3.6.1.6.3.1.1.4.1.0"
GENERIC_TRAPS: Final = tuple(f"1.3.6.1.6.3.1.1.5.{n}" for n in range(1, 7))
ENTERPRISE_SPECIFIC: Final = 6

_SYS_UP_TIME: Final = ber.oid_content(SYS_UP_TIME)
_SNMP_TRAP_OID: Final = ber.oid_content(SNMP_TRAP_OID)
_TIME_TICKS: Final = bytes((varbinds.TIME_TICKS,))
_MAX_INTEGER32: Final = 0x7FFFFFFF


class Pdu(NamedTuple):
    """What all notifications have. `members`: the record's JSON members from `trap_oid` on, without braces.

    `varbind_list`: an inform's VarBindList element as it came, for the answer; empty for traps.
    """

    pdu_type: PduType
    request_id: int | None
    trap_oid: str
    members: bytes
    varbind_list: bytes


def read_v1(octets: bytes, at: int, end: int) -> Pdu:
    """The Trap-PDU at `at` that fills its message up to `end`."""
    start, stop = _open(octets, at, end, (TRAP_V1,))
    name, name_end = ber.expect(octets, start, stop, ber.OBJECT_IDENTIFIER)
    enterprise_oid = ber.oid_text(octets[name:name_end])
    address, address_end = ber.expect(octets, name_end, stop, varbinds.IP_ADDRESS)
    agent_addr = varbinds.ip_text(octets[address:address_end])
    generic_trap, at = ber.integer(octets, address_end, stop)
    specific_trap, at = ber.integer(octets, at, stop)
    ticks, ticks_end = ber.expect(octets, at, stop, varbinds.TIME_TICKS)
    uptime_ticks = ber.unsigned(octets[ticks:ticks_end], 32)
    first, last = ber.expect(octets, ticks_end, stop, ber.SEQUENCE)
    if last != stop:
        raise DatagramError("bad_length", "octets after the varbind list")
    if not 0 <= generic_trap <= ENTERPRISE_SPECIFIC or not 0 <= specific_trap <= _MAX_INTEGER32:
        raise DatagramError("bad_value", f"generic-trap {generic_trap}, specific-trap {specific_trap}")
    if generic_trap < ENTERPRISE_SPECIFIC:
        trap_oid = GENERIC_TRAPS[generic_trap]
    else:
        trap_oid = f"{enterprise_oid}.0.{specific_trap}"
    members = (
        b'"trap_oid":"%b","uptime_ticks":%d,"enterprise_oid":"%b","generic_trap":%d,"specific_trap":%d,"agent_addr":"%b"%b'
        % (
            trap_oid.encode(),
            uptime_ticks,
            enterprise_oid.encode(),
            generic_trap,
            specific_trap,
            agent_addr.encode(),
            _varbinds_member(varbinds.fragments(octets, first, last)),
        )
    )
    return Pdu(PduType.TRAP_V1, None, trap_oid, members, b"")


def read_v2(octets: bytes, at: int, end: int) -> Pdu:
    """The SNMPv2-Trap-PDU or InformRequest-PDU at `at` that fills its message up to `end`."""
    start, stop = _open(octets, at, end, (TRAP_V2, INFORM))
    request_id, list_at = ber.integer(octets, start, stop)
    _, list_at = ber.integer(octets, list_at, stop)  # error-status and error-index mean nothing in a request
    _, list_at = ber.integer(octets, list_at, stop)
    first, last = ber.expect(octets, list_at, stop, ber.SEQUENCE)
    if last != stop:
        raise DatagramError("bad_length", "octets after the varbind list")
    trap_oid, uptime_ticks, spans = _special(octets, first, last)
    found = [fragment for begin, finish in spans for fragment in varbinds.fragments(octets, begin, finish)]
    uptime = b"" if uptime_ticks is None else b',"uptime_ticks":%d' % uptime_ticks
    members = b'"trap_oid":"%b"%b%b' % (trap_oid.encode(), uptime, _varbinds_member(found))
    if octets[at] == INFORM:
        return Pdu(PduType.INFORM, request_id, trap_oid, members, octets[list_at:last])
    return Pdu(PduType.TRAP_V2, request_id, trap_oid, members, b"")


def _open(octets: bytes, at: int, end: int, tags: tuple[int, ...]) -> tuple[int, int]:
    tag, start, stop = ber.header(octets, at, end)
    if tag not in tags:
        raise DatagramError("not_a_notification", f"PDU tag 0x{tag:02x}")
    if stop != end:
        raise DatagramError("bad_length", "octets after the PDU")
    return start, stop


def _special(octets: bytes, first: int, last: int) -> tuple[str, int | None, list[tuple[int, int]]]:
    """snmpTrapOID.0, sysUpTime.0, and the spans of the list between them.

    Looks no further than it must: where both stand first, as they should, the rest is one span.
    """
    trap_oid: str | None = None
    uptime_ticks: int | None = None
    spans: list[tuple[int, int]] = []
    begin = at = first
    while at < last and (trap_oid is None or uptime_ticks is None):
        body, stop = ber.expect(octets, at, last, ber.SEQUENCE)
        name, value = ber.expect(octets, body, stop, ber.OBJECT_IDENTIFIER)
        oid = octets[name:value]
        is_trap_oid = trap_oid is None and oid == _SNMP_TRAP_OID
        is_uptime = uptime_ticks is None and oid == _SYS_UP_TIME and octets[value:stop][:1] == _TIME_TICKS
        if is_trap_oid or is_uptime:
            tag = ber.OBJECT_IDENTIFIER if is_trap_oid else varbinds.TIME_TICKS
            content, value_stop = ber.expect(octets, value, stop, tag)
            if value_stop != stop:
                raise DatagramError("bad_length", "octets after a varbind's value")
            if is_trap_oid:
                trap_oid = ber.oid_text(octets[content:stop])
            else:
                uptime_ticks = ber.unsigned(octets[content:stop], 32)
            if begin < at:
                spans.append((begin, at))
            begin = stop
        at = stop
    if trap_oid is None:
        raise DatagramError("no_trap_oid")
    spans.append((begin, last))
    return trap_oid, uptime_ticks, spans


def _varbinds_member(found: list[bytes]) -> bytes:
    return b',"varbinds":[%b]' % b",".join(found) if found else b""
