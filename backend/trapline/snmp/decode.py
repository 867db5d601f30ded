"""A datagram becomes a notification, or a DatagramError with a reason.

Octets after the message are passed over, as net-snmp and pysnmp do; a length that its parent does not hold never is.
Checks come before work: community or user first, then the PDU.
"""

from typing import Final

from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import PduType, Version
from trapline.snmp import ber, twin
from trapline.snmp.credentials import SECURITY_LEVELS, User
from trapline.snmp.header import Header
from trapline.snmp.notification import Notification, Reply
from trapline.snmp.usm import RefusedMessage, Security

_V1: Final = 0
_V2C: Final = 1
_V3: Final = 3


def decode(datagram: bytes, security: Security, now: float, *, may_repeat: bool = False) -> Notification:
    """The notification in one UDP payload that arrived at `now`. Raises DatagramError and nothing else.

    `may_repeat`: also an exact repeat of an authenticated message, for a caller who knows repeats by their content.
    """
    begin, end = _open(datagram)
    version, at = ber.integer(datagram, begin, end)
    if version == _V3:
        try:
            return _decode_v3(datagram, at, end, security, now, may_repeat=may_repeat)
        except RefusedMessage as error:
            security.counters[error.reason] += 1
            raise
    if version not in {_V1, _V2C}:
        raise DatagramError("unsupported_version", f"version number {version}")
    community, pdu_at = ber.expect(datagram, at, end, ber.OCTET_STRING)
    security_name = security.credentials.name_by_community.get(datagram[community:pdu_at])
    if security_name is None:
        raise DatagramError("wrong_community")
    read = twin.read_v1 if version == _V1 else twin.read_v2
    body = read(datagram, pdu_at, end)
    reply = None
    if body.pdu_type is PduType.INFORM:
        reply = Reply(datagram[community:pdu_at], body.varbind_list)
    return Notification(
        version=Version.V1 if version == _V1 else Version.V2C,
        pdu_type=body.pdu_type,
        security_name=security_name,
        security_level="noAuthNoPriv",
        engine_id=None,
        context_name=None,
        request_id=body.request_id,
        trap_oid=body.trap_oid,
        members=body.members,
        reply=reply,
    )


def _open(datagram: bytes) -> tuple[int, int]:
    """The message's content (start, end)."""
    size = len(datagram)
    if size < 2 or datagram[0] != ber.SEQUENCE:
        raise DatagramError("not_snmp", f"{size} octets" if size < 2 else f"first octet 0x{datagram[0]:02x}")
    length, start = datagram[1], 2
    if length >= 0x80:
        length, start = ber.long_length(datagram, 1, size)
    if start + length > size:
        raise DatagramError("truncated", f"{size} octets of {start + length}")
    return start, start + length


def _decode_v3(datagram: bytes, at: int, end: int, security: Security, now: float, *, may_repeat: bool) -> Notification:
    header = twin.read_header(datagram, at, end)
    user = security.check(datagram, header, now, may_repeat=may_repeat)
    octets, scoped_at, scoped_end = datagram, header.scoped_at, end
    is_sealed = user.privacy_protocol is not None
    if is_sealed:
        octets = _unseal(datagram, header, user, security)
        scoped_at, scoped_end = 0, len(octets)
    try:
        start, stop = ber.expect(octets, scoped_at, scoped_end, ber.SEQUENCE)
        engine, engine_end = ber.expect(octets, start, stop, ber.OCTET_STRING)
        name, name_end = ber.expect(octets, engine_end, stop, ber.OCTET_STRING)
    except DatagramError:
        if is_sealed:  # a wrong privacy password gives noise
            raise RefusedMessage("decryption_error", f"user {user.name}", header) from None
        raise
    body = twin.read_v2(octets, name_end, stop)
    context_engine_id, context_name = octets[engine:engine_end], octets[name:name_end]
    engine_id, reply = header.engine_id, None
    if body.pdu_type is PduType.INFORM:
        if header.engine_id != security.local_engine.engine_id:
            raise RefusedMessage("unknown_engine_id", f"an inform to engine {header.engine_id.hex()}", header)
        engine_id = b"" if context_engine_id == header.engine_id else context_engine_id
        reply = Reply(header.user_name, body.varbind_list, header.message_id, context_engine_id, context_name, user)
    return Notification(
        version=Version.V3,
        pdu_type=body.pdu_type,
        security_name=user.name,
        security_level=SECURITY_LEVELS[user.level],
        engine_id=engine_id.hex() or None,
        context_name=context_name.decode(errors="backslashreplace") or None,
        request_id=body.request_id,
        trap_oid=body.trap_oid,
        members=body.members,
        reply=reply,
    )


def _unseal(datagram: bytes, header: Header, user: User, security: Security) -> bytes:
    start, stop = ber.expect(datagram, header.scoped_at, header.end, ber.OCTET_STRING)
    try:
        return security.keys(user, header.engine_id).privacy.decrypt(
            datagram[start:stop], header.boots, header.time, header.salt
        )
    except DatagramError as error:
        raise RefusedMessage(error.reason, error.detail, header) from None
