"""A v3 message up to its scoped PDU: what stands there, before anybody judges it (RFC 3412 section 6, RFC 3414 2.4)."""

from typing import Final, NamedTuple

from trapline.protocol.errors import DatagramError
from trapline.snmp import ber

AUTH_FLAG: Final = 1
PRIVACY_FLAG: Final = 2
REPORTABLE_FLAG: Final = 4
LEVEL_MASK: Final = 3
USM_MODEL: Final = 3

_MAX_INTEGER32: Final = 0x7FFFFFFF


class Header(NamedTuple):
    """A v3 message up to its scoped PDU (RFC 3412 section 6, RFC 3414 section 2.4). The last four are offsets."""

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    time: int
    user_name: bytes
    salt: bytes
    digest_start: int
    digest_end: int
    scoped_at: int
    end: int


def read_header(octets: bytes, at: int, end: int) -> Header:
    """The message whose msgGlobalData is at `at`."""
    start, stop = ber.expect(octets, at, end, ber.SEQUENCE)
    message_id, at = ber.integer(octets, start, stop)
    _, at = ber.integer(octets, at, stop)  # msgMaxSize: our answers are no longer than the question
    flags, flags_end = ber.expect(octets, at, stop, ber.OCTET_STRING)
    if flags_end != flags + 1:
        raise DatagramError("bad_value", f"msgFlags of {flags_end - flags} octets")
    model, _ = ber.integer(octets, flags_end, stop)
    if model != USM_MODEL:
        raise DatagramError("unsupported_security_model", f"security model {model}")
    parameters, scoped_at = ber.expect(octets, stop, end, ber.OCTET_STRING)
    start, stop = ber.expect(octets, parameters, scoped_at, ber.SEQUENCE)
    engine, engine_end = ber.expect(octets, start, stop, ber.OCTET_STRING)
    boots, at = ber.integer(octets, engine_end, stop)
    time, at = ber.integer(octets, at, stop)
    user, user_end = ber.expect(octets, at, stop, ber.OCTET_STRING)
    digest, digest_end = ber.expect(octets, user_end, stop, ber.OCTET_STRING)
    salt, salt_end = ber.expect(octets, digest_end, stop, ber.OCTET_STRING)
    if not (0 <= message_id <= _MAX_INTEGER32 and 0 <= boots <= _MAX_INTEGER32 and 0 <= time <= _MAX_INTEGER32):
        raise DatagramError("bad_value", "msgID, engine boots or engine time outside 0..2147483647")
    if octets[flags] & LEVEL_MASK == PRIVACY_FLAG:
        raise DatagramError("bad_value", "msgFlags ask for privacy without authentication")
    return Header(
        message_id,
        octets[flags],
        octets[engine:engine_end],
        boots,
        time,
        octets[user:user_end],
        octets[salt:salt_end],
        digest,
        digest_end,
        scoped_at,
        end,
    )
