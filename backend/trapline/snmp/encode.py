"""Notifications as octets: what the simulator and the canary send, and what answers are built from.

Varbinds are `protocol.traps.Varbind`, so what was decoded can be encoded again. Everything that is random or counted
(message, request IDs, engine boots and time) is given by the caller: the same call gives the same octets.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final

from trapline.protocol.traps import PduType, Varbind
from trapline.snmp import ber, pdu
from trapline.snmp.header import AUTH_FLAG, PRIVACY_FLAG, REPORTABLE_FLAG, USM_MODEL
from trapline.snmp.usm import Keys
from trapline.snmp.varbinds import COUNTER64, IP_ADDRESS, OPAQUE, SYNTAXES, UNSIGNED_32

_MAX_SIZE: Final = 65507  # msgMaxSize: the largest payload of UDP over IPv4
_TAGS: Final = {syntax: tag for tag, syntax in SYNTAXES.items()}
_RANGES: Final = {
    ber.INTEGER: range(-(1 << 31), 1 << 31),
    COUNTER64: range(1 << 64),
    **dict.fromkeys(UNSIGNED_32, range(1 << 32)),
}
_EMPTY: Final = frozenset((ber.NULL, 0x80, 0x81, 0x82))
_PDU_TAGS: Final = {PduType.TRAP_V2: pdu.TRAP_V2, PduType.INFORM: pdu.INFORM}


def v1_trap(
    community: bytes,
    *,
    enterprise_oid: str,
    generic_trap: int,
    specific_trap: int = 0,
    agent_addr: str,
    uptime_ticks: int,
    varbinds: Iterable[Varbind] = (),
) -> bytes:
    """An SNMPv1 message with a Trap-PDU (RFC 1157 section 4.1.6). `uptime_ticks` in hundredths of a second."""
    trap = ber.write(
        pdu.TRAP_V1,
        ber.write(ber.OBJECT_IDENTIFIER, ber.oid_content(enterprise_oid)),
        varbind_value(Varbind(oid="", syntax="IpAddress", value=agent_addr)),
        ber.write_integer(generic_trap),
        ber.write_integer(specific_trap),
        varbind_value(Varbind(oid="", syntax="TimeTicks", value=uptime_ticks)),
        varbind_list(varbinds),
    )
    return community_message(0, community, trap)


def v2c_notification(
    community: bytes,
    *,
    trap_oid: str,
    uptime_ticks: int,
    request_id: int,
    varbinds: Iterable[Varbind] = (),
    pdu_type: PduType = PduType.TRAP_V2,
) -> bytes:
    """An SNMPv2c message with an SNMPv2-Trap-PDU or InformRequest-PDU (RFC 3416 sections 4.2.6 and 4.2.7)."""
    return community_message(1, community, _v2_pdu(trap_oid, uptime_ticks, request_id, varbinds, pdu_type))


@dataclass(frozen=True)
class Engine:
    """An authoritative engine at one moment: boots and time (seconds) go into the message and its encryption."""

    engine_id: bytes
    boots: int
    time: int


def v3_notification(
    keys: Keys,
    engine: Engine,
    *,
    trap_oid: str,
    uptime_ticks: int,
    message_id: int,
    varbinds: Iterable[Varbind] = (),
    pdu_type: PduType = PduType.TRAP_V2,
    context_name: bytes = b"",
) -> bytes:
    """An SNMPv3 USM message at the user's own level; `Keys(user, engine.engine_id)` is worth keeping.

    A message_id must not come twice within the engine's boots: request ID and salt are taken from it (RFC 3414
    section 8.1.1.1, RFC 3826 section 3.1.2.1).
    """
    scoped = scoped_pdu(engine.engine_id, context_name, _v2_pdu(trap_oid, uptime_ticks, message_id, varbinds, pdu_type))
    salt = (engine.boots & 0xFFFFFFFF).to_bytes(4, "big") + message_id.to_bytes(4, "big")
    reportable = pdu_type is PduType.INFORM
    return v3_message(
        keys, keys.user.level, engine, message_id=message_id, scoped=scoped, salt=salt, reportable=reportable
    )


def community_message(version: int, community: bytes, body: bytes) -> bytes:
    """A v1 (0) or v2c (1) message around a PDU."""
    return ber.write(ber.SEQUENCE, ber.write_integer(version), ber.write(ber.OCTET_STRING, community), body)


def scoped_pdu(context_engine_id: bytes, context_name: bytes, body: bytes) -> bytes:
    """RFC 3412 section 6.8."""
    return ber.write(
        ber.SEQUENCE, ber.write(ber.OCTET_STRING, context_engine_id), ber.write(ber.OCTET_STRING, context_name), body
    )


def v3_message(
    keys: Keys, level: int, engine: Engine, *, message_id: int, scoped: bytes, salt: bytes, reportable: bool
) -> bytes:
    """An SNMPv3 USM message at `level` (msgFlags & 3), encrypted and signed with the keys as the level asks."""
    if level & PRIVACY_FLAG:
        scoped = ber.write(ber.OCTET_STRING, keys.privacy.encrypt(scoped, engine.boots, engine.time, salt))
    else:
        salt = b""
    auth = keys.authentication if level & AUTH_FLAG else None
    digest_size = auth.size if auth else 0

    def message(digest: bytes) -> bytes:
        return ber.write(
            ber.SEQUENCE,
            ber.write_integer(3),
            ber.write(
                ber.SEQUENCE,
                ber.write_integer(message_id),
                ber.write_integer(_MAX_SIZE),
                ber.write(ber.OCTET_STRING, bytes((level | (REPORTABLE_FLAG if reportable else 0),))),
                ber.write_integer(USM_MODEL),
            ),
            ber.write(
                ber.OCTET_STRING,
                ber.write(
                    ber.SEQUENCE,
                    ber.write(ber.OCTET_STRING, engine.engine_id),
                    ber.write_integer(engine.boots),
                    ber.write_integer(engine.time),
                    ber.write(ber.OCTET_STRING, keys.user.name.encode()),
                    ber.write(ber.OCTET_STRING, digest),
                    ber.write(ber.OCTET_STRING, salt),
                ),
            ),
            scoped,
        )

    unsigned = message(bytes(digest_size))
    return message(auth.digest(unsigned)) if auth else unsigned


def varbind_list(varbinds: Iterable[Varbind]) -> bytes:
    """A VarBindList element."""
    return ber.write(ber.SEQUENCE, *map(varbind, varbinds))


@lru_cache(maxsize=8192)
def varbind(binding: Varbind) -> bytes:
    """A VarBind element. Raises ValueError where the value is none of its syntax.

    Kept: a sender says most things again and again, and of OEM's 76 varbinds few are ever new.
    """
    return ber.write(
        ber.SEQUENCE, ber.write(ber.OBJECT_IDENTIFIER, ber.oid_content(binding.oid)), varbind_value(binding)
    )


def varbind_value(binding: Varbind) -> bytes:
    """The value's element alone."""
    tag, value = _TAGS.get(binding.syntax), binding.value
    if tag is None:
        raise ValueError(f"{binding.syntax!r} is no SNMP syntax; say one of {', '.join(_TAGS)}")
    if tag in _RANGES and isinstance(value, int) and value in _RANGES[tag]:
        return ber.write_integer(value, tag)
    if tag == ber.OBJECT_IDENTIFIER and isinstance(value, str):
        return ber.write(tag, ber.oid_content(value))
    if tag == IP_ADDRESS and isinstance(value, str):
        return ber.write(tag, IPv4Address(value).packed)
    if tag in {ber.OCTET_STRING, OPAQUE} and isinstance(value, str):
        return ber.write(tag, bytes.fromhex(value) if binding.is_hex else value.encode())
    if value is None and tag in _EMPTY:
        return ber.write(tag)
    raise ValueError(f"{value!r} of {binding.oid} is no {binding.syntax}")


def _v2_pdu(trap_oid: str, uptime_ticks: int, request_id: int, bindings: Iterable[Varbind], pdu_type: PduType) -> bytes:
    return ber.write(
        _PDU_TAGS[pdu_type],
        ber.write_integer(request_id),
        ber.write_integer(0),
        ber.write_integer(0),
        varbind_list(
            (
                Varbind(oid=pdu.SYS_UP_TIME, syntax="TimeTicks", value=uptime_ticks),
                Varbind(oid=pdu.SNMP_TRAP_OID, syntax="OBJECT IDENTIFIER", value=trap_oid),
                *bindings,
            )
        ),
    )
