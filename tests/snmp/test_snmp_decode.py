"""What a datagram becomes: tables for the rules, properties against pysnmp, and everything broken that we can think of."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder as ber_decoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto.api import v1 as pysnmp_v1
from pysnmp.proto.api import v2c as pysnmp_v2c

from tests.snmp.packets import (
    COMMUNITY,
    LINK_DOWN,
    NOBODY,
    NOW,
    OEM,
    RECEIVED_AT,
    SIGNER,
    addresses,
    fields_of,
    octet_varbind,
    oids,
    pysnmp_v1_trap,
    pysnmp_v2c_notification,
    record,
    security,
    v3,
    varbinds_v1,
    varbinds_v2,
)
from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import PduType, Trap, Varbind, Version
from trapline.snmp import REASONS, ber, decode, encode, varbinds

pytestmark = pytest.mark.usefixtures("reader")

SYS_NAME = "1.3.6.1.2.1.1.5.0"
TEXT = Varbind(oid=SYS_NAME, syntax="OCTET STRING", value="router")
YEARS = (datetime(1970, 1, 1), datetime(8999, 1, 1))


def v1(**changes: Any) -> bytes:
    """A v1 trap with some fields changed."""
    fields: dict[str, Any] = {
        "enterprise_oid": "1.3.6.1.4.1.111.15.2",
        "generic_trap": 6,
        "specific_trap": 3,
        "agent_addr": "192.0.2.1",
        "uptime_ticks": 4711,
    }
    return encode.v1_trap(COMMUNITY, **(fields | changes))


def v2c(*bindings: Varbind, pdu_type: PduType = PduType.TRAP_V2) -> bytes:
    """A v2c notification."""
    return encode.v2c_notification(
        COMMUNITY, trap_oid=LINK_DOWN, uptime_ticks=4711, request_id=12, varbinds=bindings, pdu_type=pdu_type
    )


def v2c_raw(*bindings: bytes, tag: int = 0xA7) -> bytes:
    """A v2c message whose VarBindList is made of these octets."""
    body = ber.write(tag, *(ber.write_integer(0) for _ in range(3)), ber.write(ber.SEQUENCE, *bindings))
    return encode.community_message(1, COMMUNITY, body)


UPTIME = encode.varbind(Varbind(oid="1.3.6.1.2.1.1.3.0", syntax="TimeTicks", value=5))
TRAP_OID = encode.varbind(Varbind(oid="1.3.6.1.6.3.1.1.4.1.0", syntax="OBJECT IDENTIFIER", value=LINK_DOWN))


@pytest.mark.parametrize(
    ("generic", "specific", "trap_oid"),
    [*((n, 0, f"1.3.6.1.6.3.1.1.5.{n + 1}") for n in range(6)), (6, 3, "1.3.6.1.4.1.111.15.2.0.3")],
    ids=[
        "coldStart",
        "warmStart",
        "linkDown",
        "linkUp",
        "authenticationFailure",
        "egpNeighborLoss",
        "enterpriseSpecific",
    ],
)
def test_v1_is_mapped_by_rfc_3584_and_keeps_its_own_fields(generic: int, specific: int, trap_oid: str) -> None:
    trap = record(v1(generic_trap=generic, specific_trap=specific))
    assert trap.trap_oid == trap_oid
    assert (trap.enterprise_oid, trap.generic_trap, trap.specific_trap) == ("1.3.6.1.4.1.111.15.2", generic, specific)
    assert (trap.agent_addr, trap.source_addr, trap.uptime_ticks) == ("192.0.2.1", "192.0.2.7", 4711)


def test_a_community_is_shown_by_its_name() -> None:
    datagram = v2c(TEXT)
    notification = decode(datagram, security(), NOW)
    assert notification.security_name == "site"
    assert COMMUNITY not in notification.to_json("t", RECEIVED_AT, "192.0.2.7", 1)


@pytest.mark.parametrize("oid", ["1.3.6.1.6.3.18.1.4.0", "1.3.6.1.6.3.18.1.4", "1.3.6.1.6.3.18.1.4.0.7"])
@pytest.mark.parametrize(
    "make", [lambda v: v1(varbinds=v), lambda v: v2c(*v), lambda v: v3(varbinds=v)], ids=["v1", "v2c", "v3"]
)
def test_snmp_trap_community_never_leaves(make: Any, oid: str) -> None:
    datagram = make([TEXT, Varbind(oid=oid, syntax="OCTET STRING", value="proxied-secret"), TEXT])
    for _ in range(2):  # the second time from what is kept
        assert record(datagram).varbinds == (TEXT, TEXT)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"text",
        b'say "hi"',
        b"C:\\temp",
        "Zürich 東京 😀".encode(),
        b"two\r\nlines\t.",
        b"a" * 127,
        b"a" * 128,
        b"a" * 70000,
    ],
    ids=["empty", "plain", "quotes", "backslash", "UTF-8", "line feeds", "127 octets", "128 octets", "70000 octets"],
)
def test_octets_that_are_text_are_text(value: bytes) -> None:
    binding = ber.write(ber.SEQUENCE, ber.write(6, ber.oid_content(SYS_NAME)), ber.write(4, value))
    for _ in range(2):
        assert record(v2c_raw(UPTIME, TRAP_OID, binding)).varbinds == (
            Varbind(oid=SYS_NAME, syntax="OCTET STRING", value=value.decode()),
        )


@pytest.mark.parametrize(
    "value", [b"\0", b"text\0", b"\x7f", b"\x1b[31m", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80"], ids=repr
)
def test_octets_that_are_no_text_are_hex_and_say_so(value: bytes) -> None:
    binding = ber.write(ber.SEQUENCE, ber.write(6, ber.oid_content(SYS_NAME)), ber.write(4, value))
    assert record(v2c_raw(UPTIME, TRAP_OID, binding)).varbinds == (
        Varbind(oid=SYS_NAME, syntax="OCTET STRING", value=value.hex(), is_hex=True),
    )


WRONG_UPTIME = encode.varbind(Varbind(oid="1.3.6.1.2.1.1.3.0", syntax="Integer32", value=5))
ORDERS = [
    pytest.param([UPTIME, TRAP_OID, encode.varbind(TEXT)], 5, (TEXT,), id="as the RFC asks"),
    pytest.param([TRAP_OID, UPTIME, encode.varbind(TEXT)], 5, (TEXT,), id="the other way round"),
    pytest.param([encode.varbind(TEXT), TRAP_OID, encode.varbind(TEXT), UPTIME], 5, (TEXT, TEXT), id="in between"),
    pytest.param([TRAP_OID, encode.varbind(TEXT)], None, (TEXT,), id="no sysUpTime"),
    pytest.param(
        [WRONG_UPTIME, TRAP_OID],
        None,
        (Varbind(oid="1.3.6.1.2.1.1.3.0", syntax="Integer32", value=5),),
        id="sysUpTime is no TimeTicks",
    ),
]


@pytest.mark.parametrize(("bindings", "uptime_ticks", "others"), ORDERS)
def test_uptime_and_trap_oid_are_found_anywhere(bindings: list[bytes], uptime_ticks: int | None, others: Any) -> None:
    trap = record(v2c_raw(*bindings))
    assert (trap.trap_oid, trap.uptime_ticks, trap.varbinds) == (LINK_DOWN, uptime_ticks, others)


def test_octets_after_the_message_are_passed_over() -> None:
    assert record(v2c(TEXT) + b"\0\0\0") == record(v2c(TEXT))


DEEP = b"\x30\x80" * 10_000
BROKEN = [
    pytest.param(b"", "not_snmp", id="empty"),
    pytest.param(b"0", "not_snmp", id="one octet"),
    pytest.param(b"GET / HTTP/1.1\r\n\r\n", "not_snmp", id="HTTP"),
    pytest.param(v1()[:-1], "truncated", id="last octet missing"),
    pytest.param(v1()[:40], "truncated", id="half of it"),
    pytest.param(b"\x30\x84\xff\xff\xff\xff" + v1(), "truncated", id="length of 4 GB"),
    pytest.param(b"\x30\x80" + v1() + b"\0\0", "bad_length", id="indefinite length"),
    pytest.param(b"\x30\x88" + bytes(7) + b"\x05" + bytes(5), "bad_length", id="length of 8 octets"),
    pytest.param(DEEP, "bad_length", id="nested 10,000 deep, indefinite"),
    pytest.param(b"\x30\x84\x00\x00\xff\x00" + b"\x30\x83\x00\xf0\x00" * 15000, "bad_value", id="nested 15,000 deep"),
    pytest.param(b"\x30\x03\x02\x01\x02", "unsupported_version", id="version 2"),
    pytest.param(b"\x30\x03\x02\x01\x07", "unsupported_version", id="version 7"),
    pytest.param(b"\x30\x02\x02\x00", "bad_value", id="empty INTEGER"),
    pytest.param(encode.community_message(1, b"x", b""), "wrong_community", id="another community"),
    pytest.param(encode.community_message(1, COMMUNITY, b""), "bad_length", id="no PDU"),
    pytest.param(encode.community_message(1, COMMUNITY, b"\xa0\x00"), "not_a_notification", id="GetRequest"),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, tag=0xA2), "not_a_notification", id="Response"),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, tag=0xA4), "not_a_notification", id="v1's Trap-PDU in v2c"),
    pytest.param(v2c_raw(UPTIME, encode.varbind(TEXT)), "no_trap_oid", id="no snmpTrapOID"),
    pytest.param(v2c_raw(), "no_trap_oid", id="no varbinds"),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, b"\x30"), "bad_length", id="a varbind of one octet"),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, b"\x30\x00"), "bad_length", id="an empty varbind"),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, b"\x30\x02\x06\x00"), "bad_length", id="a varbind without value"),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, b"\x30\x7f\x06\x01\x00"), "bad_length", id="a varbind past the list"),
    pytest.param(
        v2c_raw(UPTIME, TRAP_OID, b"\x30\x06\x06\x01\x2b\x04\x7fa"), "bad_length", id="a value past the varbind"
    ),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, b"\x30\x07\x06\x01\x2b\x04\x01ab"), "bad_length", id="octets after a value"),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, b"\x31\x05\x06\x01\x2b\x05\x00"), "bad_value", id="a varbind that is a SET"),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, b"\x30\x05\x06\x01\x2b\x09\x00"), "bad_value", id="a REAL"),
    pytest.param(v2c_raw(UPTIME, TRAP_OID, b"\x30\x06\x06\x02\x2b\x80\x05\x00"), "bad_value", id="an OID that goes on"),
    pytest.param(
        v2c_raw(UPTIME, TRAP_OID, b"\x30\x07\x06\x03\x2b\x80\x01\x05\x00"), "bad_value", id="an OID with leading zero"
    ),
    pytest.param(
        v2c_raw(UPTIME, TRAP_OID, b"\x30\x06\x06\x01\x2b\x05\x01\x00"), "bad_length", id="a NULL with content"
    ),
    pytest.param(
        v2c_raw(UPTIME, TRAP_OID, b"\x30\x08\x06\x01\x2b\x40\x03\x01\x02\x03"), "bad_value", id="IpAddress of 3"
    ),
    pytest.param(
        v2c_raw(UPTIME, TRAP_OID, b"\x30\x0a\x06\x01\x2b\x41\x05\x01\0\0\0\0"), "bad_value", id="Counter32 of 33 bits"
    ),
    pytest.param(v1(generic_trap=7), "bad_value", id="generic-trap 7"),
    pytest.param(v1(specific_trap=-1), "bad_value", id="specific-trap -1"),
]


@pytest.mark.parametrize(("datagram", "reason"), BROKEN)
def test_what_is_broken_is_refused_with_its_reason(datagram: bytes, reason: str) -> None:
    with pytest.raises(DatagramError) as caught:
        decode(datagram, security(), NOW)
    assert caught.value.reason == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    "value",
    [b"\x04", b"\x04\x03ab", b"\x04\x01ab", b"\x04\x81\x02a", b"\x04\x80ab", b"\x04\x81" + b"A" * 129],
    ids=[
        "no length",
        "length too large",
        "length too small",
        "long length too large",
        "indefinite length",
        "long length like text",
    ],
)
def test_a_lie_is_found_also_under_a_name_that_is_known_already(value: bytes) -> None:
    receiver = security()
    decode(v2c(TEXT), receiver, NOW)
    lie = ber.write(ber.SEQUENCE, ber.write(6, ber.oid_content(SYS_NAME)), value)
    for bindings in ([lie], [lie, encode.varbind(TEXT)]):
        with pytest.raises(DatagramError) as caught:
            decode(v2c_raw(UPTIME, TRAP_OID, *bindings), receiver, NOW)
        assert caught.value.reason == "bad_length"


def accepted_or_refused(datagram: bytes) -> None:
    """Nothing else may happen, and what is accepted is a record that msgspec would write the same."""
    refused: DatagramError | None = None
    try:
        notification = decode(datagram, security(), NOW)
    except DatagramError as error:
        refused = error
    if refused:
        assert refused.reason in REASONS
        return
    written = notification.to_json("t", RECEIVED_AT, "192.0.2.7", 1)
    assert msgspec.json.encode(msgspec.json.decode(written, type=Trap)) == written


@given(st.binary(max_size=400))
def test_any_octets_are_accepted_or_refused(datagram: bytes) -> None:
    accepted_or_refused(datagram)
    accepted_or_refused(ber.write(ber.SEQUENCE, ber.write_integer(3), datagram))
    accepted_or_refused(encode.community_message(0, COMMUNITY, ber.write(0xA4, datagram)))
    accepted_or_refused(v2c_raw(UPTIME, TRAP_OID, datagram))


SAMPLES = (v1(varbinds=[TEXT] * 3), v2c(TEXT, TEXT), v3(SIGNER, varbinds=[TEXT]), v3(varbinds=[TEXT]))


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4),
    st.integers(0, 200),
)
@settings(max_examples=400)
def test_mutated_packets_are_accepted_or_refused(sample: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    mutated = bytearray(sample)
    for at, octet in changes:
        mutated[at % len(mutated)] = octet
    accepted_or_refused(bytes(mutated))
    accepted_or_refused(bytes(mutated[:cut]))


@given(
    enterprise_oid=oids,
    generic_trap=st.integers(0, 6),
    specific_trap=st.integers(0, 2**31 - 1),
    agent_addr=addresses,
    uptime_ticks=st.integers(0, 2**32 - 1),
    varbinds=st.lists(varbinds_v1, max_size=12),
)
def test_generated_v1_traps_equal_pysnmp(varbinds: list[Varbind], **fields: Any) -> None:
    datagram = encode.v1_trap(COMMUNITY, varbinds=varbinds, **fields)
    expected = pysnmp_v1_trap(datagram)
    assert expected == {**fields, "varbinds": tuple(varbinds)}
    assert fields_of(record(datagram), list(expected)) == expected


@given(
    trap_oid=oids,
    uptime_ticks=st.integers(0, 2**32 - 1),
    request_id=st.integers(-(2**31), 2**31 - 1),
    varbinds=st.lists(varbinds_v2, max_size=12),
    pdu_type=st.sampled_from([PduType.TRAP_V2, PduType.INFORM]),
)
def test_generated_v2c_notifications_equal_pysnmp(varbinds: list[Varbind], pdu_type: PduType, **fields: Any) -> None:
    datagram = encode.v2c_notification(COMMUNITY, varbinds=varbinds, pdu_type=pdu_type, **fields)
    expected = pysnmp_v2c_notification(datagram)
    assert expected == {**fields, "varbinds": tuple(varbinds)}
    trap = record(datagram)
    assert fields_of(trap, list(expected)) == expected
    assert (trap.version, trap.pdu_type) == (Version.V2C, pdu_type)


@given(
    make=st.sampled_from(
        [
            lambda v: v1(varbinds=v),
            lambda v: v2c(*v),
            *(lambda v, user=user: v3(user, varbinds=v) for user in (NOBODY, SIGNER, OEM)),
        ]
    ),
    bindings=st.lists(varbinds_v1, max_size=6),
    trap_id=st.text(),
    source_addr=st.text(),
    port=st.integers(0, 65535),
    received_at=st.datetimes(*YEARS, timezones=st.just(UTC)),
)
def test_the_json_is_octet_for_octet_what_msgspec_writes(
    make: Any, bindings: list[Varbind], trap_id: str, source_addr: str, port: int, received_at: Any
) -> None:
    notification = decode(make(bindings), security(), NOW)
    written = notification.to_json(trap_id, received_at, source_addr, port)
    # A default is left out; msgspec itself tells one only by identity. (In a text the quotes would be escaped.)
    assert b'"security_level":"noAuthNoPriv"' not in written
    trap = notification.to_record(trap_id, received_at, source_addr, port)
    assert msgspec.json.encode(trap) == written
    assert (trap.trap_id, trap.received_at, trap.source_addr, trap.source_port) == (
        trap_id,
        received_at,
        source_addr,
        port,
    )
    assert trap.varbinds == tuple(bindings)


def test_what_is_kept_is_bounded_and_changes_nothing() -> None:
    for number in range(3 * varbinds._GENERATION):
        binding = octet_varbind(SYS_NAME, b"value %d" % number)
        assert record(v2c(binding, TEXT)).varbinds == (binding, TEXT)
    assert len(varbinds._kept.recent) + len(varbinds._kept.older) <= 2 * varbinds._GENERATION


def test_pysnmp_refuses_too_what_we_refuse_as_broken() -> None:
    """The oracle is no rubber stamp: most of the broken packets are refused by pysnmp's decoder as well."""
    refused = 0
    for parameter in BROKEN:
        datagram = parameter.values[0]
        assert isinstance(datagram, bytes)
        if parameter.values[1] in {"truncated", "bad_length"} and len(datagram) < 1000:
            with pytest.raises((PyAsn1Error, IndexError)):
                ber_decoder.decode(
                    datagram, asn1Spec=pysnmp_v1.Message() if datagram[4:5] == b"\0" else pysnmp_v2c.Message()
                )
            refused += 1
    assert refused >= 10
