"""Answers: the Response to an INFORM, and the Reports by which a v3 sender of INFORMs finds our engine ID and clock.

Built on our own encoder, not on pysnmp: its engine wants to own dispatcher and transport, checks the level only where
the engine is its own, and takes a peer's clock before the window is checked, so the check would
have to be ours anyway; and the answer is due only when the record is safe, long after pysnmp would have sent it. What
is left is a Response of the same varbinds (RFC 3416 section 4.2.7) and six Reports (RFC 3414 section 3.2); pysnmp and
net-snmp are the oracles in the tests.
"""

from typing import Final

from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import Varbind
from trapline.snmp import ber, encode
from trapline.snmp.credentials import User
from trapline.snmp.header import AUTH_FLAG, REPORTABLE_FLAG
from trapline.snmp.notification import Notification
from trapline.snmp.usm import RefusedMessage, Security

_RESPONSE: Final = 0xA2
_REPORT: Final = 0xA8

# reason -> the counter of usmStats (RFC 3414 section 5) that the Report names
_USM_STATS: Final = {
    "unsupported_security_level": "1.3.6.1.6.3.15.1.1.1.0",
    "not_in_time_window": "1.3.6.1.6.3.15.1.1.2.0",
    "unknown_user": "1.3.6.1.6.3.15.1.1.3.0",
    "unknown_engine_id": "1.3.6.1.6.3.15.1.1.4.0",
    "wrong_digest": "1.3.6.1.6.3.15.1.1.5.0",
    "decryption_error": "1.3.6.1.6.3.15.1.1.6.0",
}
_MAX_COUNTER32: Final = 0xFFFFFFFF


def respond(notification: Notification, security: Security, now: float) -> bytes:
    """The Response that tells an INFORM's sender that we have it. Only when the record is safe."""
    reply = notification.reply
    if reply is None or notification.request_id is None:
        raise ValueError(f"a {notification.pdu_type} is not answered; only informs are")
    body = _pdu(_RESPONSE, notification.request_id, reply.varbind_list)
    if reply.user is None:
        return encode.community_message(1, reply.security, body)
    scoped = encode.scoped_pdu(reply.context_engine_id, reply.context_name, body)
    return _v3(security, reply.user, reply.user.level, now, message_id=reply.message_id, scoped=scoped)


def report(error: DatagramError, security: Security, now: float) -> bytes | None:
    """The Report about a refused message whose sender waits for one (reportableFlag), else None."""
    if not isinstance(error, RefusedMessage) or not error.header.flags & REPORTABLE_FLAG:
        return None
    # We are authoritative for what waits for a report: whoever names another engine has to learn ours first.
    is_ours = error.header.engine_id == security.local_engine.engine_id
    reason = error.reason if is_ours else "unknown_engine_id"
    oid = _USM_STATS.get(reason)
    if oid is None:
        return None
    counter = Varbind(oid=oid, syntax="Counter32", value=security.counters[reason] & _MAX_COUNTER32)
    body = _pdu(_REPORT, 0, encode.varbind_list((counter,)))
    scoped = encode.scoped_pdu(security.local_engine.engine_id, b"", body)
    if error.user is not None and is_ours:
        # Our clock, told to one whose digest was right: signed, or nobody should believe it (RFC 3414 3.2 step 7a).
        return _v3(security, error.user, AUTH_FLAG, now, message_id=error.header.message_id, scoped=scoped)
    stranger = User(error.header.user_name.decode(errors="replace"))
    return _v3(security, stranger, 0, now, message_id=error.header.message_id, scoped=scoped)


def _pdu(tag: int, request_id: int, varbind_list: bytes) -> bytes:
    return ber.write(tag, ber.write_integer(request_id), ber.write_integer(0), ber.write_integer(0), varbind_list)


def _v3(security: Security, user: User, level: int, now: float, *, message_id: int, scoped: bytes) -> bytes:
    local = security.local_engine
    engine = encode.Engine(local.engine_id, local.boots, local.time(now))
    keys = security.keys(user, local.engine_id)
    salt = security.next_salt()
    return encode.v3_message(keys, level, engine, message_id=message_id, scoped=scoped, salt=salt, reportable=False)
