"""What we encode: octet for octet what pysnmp encodes, and nothing that is no SNMP."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import encoder as ber_encoder
from pysnmp.proto.api import v2c as pysnmp_v2c

from tests.snmp.packets import COMMUNITY, LINK_DOWN, oids, record, varbinds_v2
from trapline.protocol.traps import Varbind
from trapline.snmp import ber, encode

SYS_NAME = "1.3.6.1.2.1.1.5.0"


def _pysnmp_value(api: Any, binding: Varbind) -> Any:
    if binding.syntax in {"OCTET STRING", "Opaque"}:
        value = bytes.fromhex(str(binding.value)) if binding.is_hex else str(binding.value).encode()
        return (api.Opaque if binding.syntax == "Opaque" else api.OctetString)(value)
    kind = {
        "Integer32": "Integer",
        "Gauge32": "Gauge32" if api is pysnmp_v2c else "Gauge",
        "Counter32": "Counter32" if api is pysnmp_v2c else "Counter",
        "OBJECT IDENTIFIER": "ObjectIdentifier",
        "NULL": "Null",
        "noSuchInstance": "NoSuchInstance",
    }.get(binding.syntax, binding.syntax)
    return getattr(api, kind)("" if binding.value is None else binding.value)


def _by_pysnmp(varbinds: list[Varbind], request_id: int) -> bytes:
    pdu = pysnmp_v2c.TrapPDU()
    pysnmp_v2c.apiTrapPDU.set_defaults(pdu)
    pysnmp_v2c.apiTrapPDU.set_request_id(pdu, request_id)
    head = [
        (pysnmp_v2c.ObjectIdentifier("1.3.6.1.2.1.1.3.0"), pysnmp_v2c.TimeTicks(5)),
        (pysnmp_v2c.ObjectIdentifier("1.3.6.1.6.3.1.1.4.1.0"), pysnmp_v2c.ObjectIdentifier(LINK_DOWN)),
    ]
    tail = [(pysnmp_v2c.ObjectIdentifier(each.oid), _pysnmp_value(pysnmp_v2c, each)) for each in varbinds]
    pysnmp_v2c.apiTrapPDU.set_varbinds(pdu, [*head, *tail])
    message = pysnmp_v2c.Message()
    pysnmp_v2c.apiMessage.set_defaults(message)
    pysnmp_v2c.apiMessage.set_community(message, COMMUNITY)
    pysnmp_v2c.apiMessage.set_pdu(message, pdu)
    return bytes(ber_encoder.encode(message))


def _is_short(binding: Varbind) -> bool:
    """pyasn1 spends an octet too many on -128, -32768 and so on (X.690 section 8.3.2)."""
    return not isinstance(binding.value, int) or binding.value >= 0 or (-binding.value).bit_count() > 1


request_ids = st.integers(0, 2**31 - 1)


@given(varbinds=st.lists(varbinds_v2, max_size=8), request_id=request_ids)
def test_what_pysnmp_encodes_is_read(varbinds: list[Varbind], request_id: int) -> None:
    trap = record(_by_pysnmp(varbinds, request_id))
    assert (trap.varbinds, trap.request_id) == (tuple(varbinds), request_id)


@given(varbinds=st.lists(varbinds_v2.filter(_is_short), max_size=8), request_id=request_ids)
def test_we_encode_octet_for_octet_what_pysnmp_encodes(varbinds: list[Varbind], request_id: int) -> None:
    assert _by_pysnmp(varbinds, request_id) == encode.v2c_notification(
        COMMUNITY, trap_oid=LINK_DOWN, uptime_ticks=5, request_id=request_id, varbinds=varbinds
    )


@pytest.mark.parametrize(
    ("value", "content"),
    [(0, "00"), (127, "7f"), (128, "0080"), (-1, "ff"), (-128, "80"), (-129, "ff7f"), (-(2**31), "80000000")],
)
def test_integers_take_the_fewest_octets(value: int, content: str) -> None:
    assert ber.write_integer(value)[2:].hex() == content


@given(oids)
def test_object_identifiers_come_back_as_they_went(oid: str) -> None:
    assert ber.oid_text(ber.oid_content(oid)) == oid


@pytest.mark.parametrize("oid", ["", "1", "3.1", "1.40", "1.3.-1", "1.3.x", "1.3.4294967296", ".".join(["1"] * 129)])
def test_what_is_no_object_identifier_is_not_encoded(oid: str) -> None:
    with pytest.raises(ValueError, match=r"is no object identifier|goes beyond 128"):
        ber.oid_content(oid)


@pytest.mark.parametrize(
    "binding",
    [
        Varbind(oid=SYS_NAME, syntax="Integer32", value="7"),
        Varbind(oid=SYS_NAME, syntax="OCTET STRING", value=7),
        Varbind(oid=SYS_NAME, syntax="Counter32"),
        Varbind(oid=SYS_NAME, syntax="Counter32", value=-1),
        Varbind(oid=SYS_NAME, syntax="Integer32", value=2**31),
        Varbind(oid=SYS_NAME, syntax="OCTET STRING"),
        Varbind(oid=SYS_NAME, syntax="REAL", value=7),
        Varbind(oid=SYS_NAME, syntax="IpAddress", value="1.2.3.400"),
    ],
    ids=lambda binding: f"{binding.value!r} as {binding.syntax}",
)
def test_a_value_that_is_none_of_its_syntax_is_not_encoded(binding: Varbind) -> None:
    with pytest.raises(ValueError, match=r"is no|not permitted"):
        encode.varbind(binding)
