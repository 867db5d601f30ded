"""What the SNMP tests have in common: credentials, a fixed time, strategies for varbinds, and pysnmp's eyes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from pyasn1.codec.ber import decoder as ber_decoder
from pysnmp.proto.api import v1 as pysnmp_v1
from pysnmp.proto.api import v2c as pysnmp_v2c

from trapline.protocol.traps import PduType, Trap, Varbind
from trapline.snmp import Community, Credentials, LocalEngine, Security, User, decode
from trapline.snmp.encode import Engine, v3_notification
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol
from trapline.snmp.usm import Keys

NOW = 1_790_000_000.0
RECEIVED_AT = datetime(2026, 11, 23, 16, 40, 0, 123456, tzinfo=UTC)
OUR_ENGINE = bytes.fromhex("8000000001") + b"trapline"
SENDER_ENGINE = bytes.fromhex("8000000001") + b"sender"
OTHER_ENGINE = bytes.fromhex("8000000001") + b"other"
COMMUNITY = b"c0mmunity-s3cret"
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"

NOBODY = User("nobody-special")
SIGNER = User("signer", AuthProtocol.SHA_256, b"signer-authentic")
OEM = User("oem", AuthProtocol.SHA, b"oem-authentic", PrivacyProtocol.AES, b"oem-privacy-pass")
BOUND = User(
    "bound",
    AuthProtocol.SHA,
    b"bound-authentic",
    PrivacyProtocol.AES,
    b"bound-privacy-pass",
    frozenset({SENDER_ENGINE}),
)
CREDENTIALS = Credentials((Community("site", COMMUNITY),), (NOBODY, SIGNER, OEM, BOUND))


def security(credentials: Credentials = CREDENTIALS, **options: Any) -> Security:
    """A receiver that has run for 1000 s of its third start."""
    return Security(credentials, LocalEngine(OUR_ENGINE, 3, NOW - 1000), **options)


def record(datagram: bytes, receiver: Security | None = None, now: float = NOW) -> Trap:
    """The datagram as the typed record."""
    notification = decode(datagram, receiver or security(), now)
    return notification.to_record("t" * 32, RECEIVED_AT, "192.0.2.7", 16162)


def v3(
    user: User = OEM,
    *,
    engine_id: bytes = SENDER_ENGINE,
    boots: int = 5,
    time: int = 7000,
    message_id: int = 77,
    varbinds: Sequence[Varbind] = (),
    pdu_type: PduType = PduType.TRAP_V2,
) -> bytes:
    """A v3 notification as an honest sender makes it."""
    return v3_notification(
        Keys(user, engine_id),
        Engine(engine_id, boots, time),
        trap_oid=LINK_DOWN,
        uptime_ticks=100,
        message_id=message_id,
        varbinds=varbinds,
        pdu_type=pdu_type,
    )


arcs = st.integers(0, 0xFFFFFFFF)
oids = st.builds(
    lambda head, tail: ".".join(map(str, (*head, *tail))),
    st.one_of(st.tuples(st.integers(0, 1), st.integers(0, 39)), st.tuples(st.just(2), st.integers(0, 0xFFFF))),
    st.lists(arcs, max_size=20),
).filter(lambda oid: not oid.startswith(("1.3.6.1.6.3.18.1.4", "1.3.6.1.2.1.1.3.0", "1.3.6.1.6.3.1.1.4.1.0")))
octets = st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode))
addresses = st.ip_addresses(v=4).map(str)


def _octets(value: bytes) -> tuple[str, bool]:
    """The rule of the record, said a second time: text where it is UTF-8 without control characters."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex(), True
    if any((ord(character) < 32 and character not in "\t\n\r") or ord(character) == 127 for character in text):
        return value.hex(), True
    return text, False


def octet_varbind(oid: str, value: bytes) -> Varbind:
    """An OCTET STRING as the record shows it."""
    text, is_hex = _octets(value)
    return Varbind(oid=oid, syntax="OCTET STRING", value=text, is_hex=is_hex)


def _of(syntax: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Varbind]:
    return st.builds(lambda oid, value: Varbind(oid=oid, syntax=syntax, value=value), oids, values)


varbinds_v1 = st.one_of(
    _of("Integer32", st.integers(-(2**31), 2**31 - 1)),
    _of("Counter32", st.integers(0, 2**32 - 1)),
    _of("Gauge32", st.integers(0, 2**32 - 1)),
    _of("TimeTicks", st.integers(0, 2**32 - 1)),
    _of("OBJECT IDENTIFIER", oids),
    _of("IpAddress", addresses),
    _of("NULL", st.none()),
    st.builds(octet_varbind, oids, octets),
    st.builds(
        lambda oid, value: Varbind(oid=oid, syntax="Opaque", value=value.hex(), is_hex=True),
        oids,
        st.binary(max_size=40),
    ),
)
varbinds_v2 = st.one_of(varbinds_v1, _of("Counter64", st.integers(0, 2**64 - 1)), _of("noSuchInstance", st.none()))

_PYSNMP_SYNTAX = {
    "Integer32": "Integer32",
    "Integer": "Integer32",
    "OctetString": "OCTET STRING",
    "ObjectIdentifier": "OBJECT IDENTIFIER",
    "Null": "NULL",
    "UnSpecified": "NULL",
    "Gauge": "Gauge32",
    "Unsigned32": "Gauge32",
    "Counter": "Counter32",
    "NoSuchObject": "noSuchObject",
    "NoSuchInstance": "noSuchInstance",
    "EndOfMibView": "endOfMibView",
    "EndOfMib": "endOfMibView",
}


def pysnmp_varbind(name: Any, value: Any) -> Varbind:
    """What pysnmp decoded, in the record's words."""
    while hasattr(value, "getComponent"):  # through ASN.1 CHOICEs to the value
        value = value.getComponent()
    kind = type(value).__name__
    syntax = _PYSNMP_SYNTAX.get(kind, kind)
    oid = ".".join(map(str, tuple(name)))
    if syntax == "OCTET STRING":
        return octet_varbind(oid, bytes(value))
    if syntax == "Opaque":
        return Varbind(oid=oid, syntax=syntax, value=bytes(value).hex(), is_hex=True)
    if syntax == "OBJECT IDENTIFIER":
        return Varbind(oid=oid, syntax=syntax, value=".".join(map(str, tuple(value))))
    if syntax in {"IpAddress", "NetworkAddress"}:
        return Varbind(oid=oid, syntax="IpAddress", value=".".join(map(str, bytes(value))))
    if syntax in {"NULL", "noSuchObject", "noSuchInstance", "endOfMibView"}:
        return Varbind(oid=oid, syntax=syntax)
    return Varbind(oid=oid, syntax=syntax, value=int(value))


def pysnmp_v1_trap(datagram: bytes) -> dict[str, Any]:
    """A v1 trap as pysnmp reads it: the record's fields."""
    message, _ = ber_decoder.decode(datagram, asn1Spec=pysnmp_v1.Message())
    pdu = pysnmp_v1.apiMessage.get_pdu(message)
    api = pysnmp_v1.apiTrapPDU
    return {
        "enterprise_oid": ".".join(map(str, tuple(api.get_enterprise(pdu)))),
        "agent_addr": api.get_agent_address(pdu).prettyPrint(),
        "generic_trap": int(api.get_generic_trap(pdu)),
        "specific_trap": int(api.get_specific_trap(pdu)),
        "uptime_ticks": int(api.get_timestamp(pdu)),
        "varbinds": tuple(pysnmp_varbind(name, value) for name, value in api.get_varbinds(pdu)),
    }


def pysnmp_v2_pdu(pdu: Any) -> dict[str, Any]:
    """A v2 notification PDU as pysnmp reads it; its first two varbinds are the record's uptime_ticks and trap_oid."""
    bindings = [pysnmp_varbind(name, value) for name, value in pysnmp_v2c.apiPDU.get_varbinds(pdu)]
    return {
        "request_id": int(pysnmp_v2c.apiPDU.get_request_id(pdu)),
        "uptime_ticks": bindings[0].value,
        "trap_oid": bindings[1].value,
        "varbinds": tuple(bindings[2:]),
    }


def pysnmp_v2c_notification(datagram: bytes) -> dict[str, Any]:
    """A v2c notification as pysnmp reads it."""
    message, _ = ber_decoder.decode(datagram, asn1Spec=pysnmp_v2c.Message())
    return pysnmp_v2_pdu(pysnmp_v2c.apiMessage.get_pdu(message))


def fields_of(trap: Trap, names: Sequence[str]) -> dict[str, Any]:
    """These fields of a record."""
    return {name: getattr(trap, name) for name in names}
