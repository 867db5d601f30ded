"""Why a datagram is refused: the bounded vocabulary of DatagramError.reason, each with a sentence for people."""

from typing import Final

REASONS: Final = {
    "not_snmp": "It does not begin like an SNMP message.",
    "truncated": "It ends before the length it gives itself: a fragment was lost, or the sender cut it.",
    "bad_length": "A length inside it does not fit the part that holds it.",
    "bad_value": "A value inside it is not encoded as SNMP asks.",
    "unsupported_version": "Its SNMP version is none of v1, v2c and v3.",
    "not_a_notification": "It is SNMP, but no trap and no inform.",
    "no_trap_oid": "It is a v2c or v3 notification without snmpTrapOID.0, so nobody can tell what it says.",
    "wrong_community": "Its community is not among the configured ones.",
    "unsupported_security_model": "It is SNMPv3 with a security model other than USM.",
    "unknown_engine_id": "Its user is not accepted from this engine ID, or it asks for ours (engine discovery).",
    "unknown_user": "Its SNMPv3 user is not among the configured ones.",
    "refused_sender": "An operator has refused its SNMPv3 sender (engine ID and user).",
    "unsupported_security_level": "Its security level is not the one that its user must have.",
    "wrong_digest": "Its digest is wrong: another authentication password or protocol, or it was changed on the way.",
    "not_in_time_window": "Its engine boots or time lie outside the window of 150 s: an old message, or a reset clock.",
    "replayed": "The very same authenticated message was received before.",
    "decryption_error": "It cannot be decrypted: another privacy password or protocol.",
}
