"""Answers to informs: the Response, and the Reports by which a sender finds our engine and clock."""

from typing import Any

import pytest
from pyasn1.codec.ber import decoder as ber_decoder
from pysnmp.proto.api import v2c as pysnmp_v2c
from pysnmp.proto.mpmod.rfc3412 import ScopedPDU, SNMPv3Message
from pysnmp.proto.secmod.rfc3414 import service

from tests.snmp.packets import (
    BOUND,
    COMMUNITY,
    LINK_DOWN,
    NOBODY,
    NOW,
    OEM,
    OTHER_ENGINE,
    OUR_ENGINE,
    SENDER_ENGINE,
    SIGNER,
    pysnmp_varbind,
    security,
    v3,
)
from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import PduType, Varbind
from trapline.snmp import Security, User, decode, report, respond
from trapline.snmp.encode import Engine, scoped_pdu, v2c_notification, v3_message
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol
from trapline.snmp.usm import Keys

pytestmark = pytest.mark.usefixtures("reader")

VARBIND = Varbind(oid="1.3.6.1.2.1.1.5.0", syntax="OCTET STRING", value="router")


def inform(user: User, **changes: Any) -> bytes:
    """An inform to us that is right unless changed: our third start is 1000 s old."""
    values: dict[str, Any] = {"engine_id": OUR_ENGINE, "boots": 3, "time": 1000, "varbinds": [VARBIND]}
    return v3(user, **(values | changes), pdu_type=PduType.INFORM)


def refused(datagram: bytes, receiver: Security, now: float = NOW) -> DatagramError:
    with pytest.raises(DatagramError) as caught:
        decode(datagram, receiver, now)
    return caught.value


class Answer:
    """An answer as the sender sees it: verified with its keys, decrypted, read by pysnmp."""

    def __init__(self, octets: bytes, user: User) -> None:
        message, rest = ber_decoder.decode(octets, asn1Spec=SNMPv3Message())
        assert not rest
        self.message_id = int(message["msgGlobalData"]["msgID"])
        self.flags = bytes(message["msgGlobalData"]["msgFlags"])[0]
        usm, _ = ber_decoder.decode(message["msgSecurityParameters"], asn1Spec=service.UsmSecurityParameters())
        self.engine_id = bytes(usm["msgAuthoritativeEngineId"])
        self.boots, self.time = int(usm["msgAuthoritativeEngineBoots"]), int(usm["msgAuthoritativeEngineTime"])
        self.user_name = bytes(usm["msgUserName"]).decode()
        digest, salt = bytes(usm["msgAuthenticationParameters"]), bytes(usm["msgPrivacyParameters"])
        keys = Keys(user, self.engine_id)
        if self.flags & 1:
            assert keys.authentication is not None
            assert keys.authentication.digest(octets.replace(digest, bytes(len(digest)))) == digest
        if self.flags & 2:
            sealed = bytes(message["msgData"]["encryptedPDU"])
            plain = keys.privacy.decrypt(sealed, self.boots, self.time, salt)
            scoped, _ = ber_decoder.decode(plain, asn1Spec=ScopedPDU())
        else:
            scoped = message["msgData"]["plaintext"]
        self.context_engine_id = bytes(scoped["contextEngineId"])
        self.pdu_name = scoped["data"].getName()
        pdu = scoped["data"][self.pdu_name]
        self.request_id = int(pysnmp_v2c.apiPDU.get_request_id(pdu))
        self.error_status = int(pysnmp_v2c.apiPDU.get_error_status(pdu))
        self.varbinds = [pysnmp_varbind(name, value) for name, value in pysnmp_v2c.apiPDU.get_varbinds(pdu)]


def test_a_v2c_inform_is_answered_with_its_own_varbinds() -> None:
    datagram = v2c_notification(
        COMMUNITY, trap_oid=LINK_DOWN, uptime_ticks=5, request_id=99, varbinds=[VARBIND], pdu_type=PduType.INFORM
    )
    receiver = security()
    answer = respond(decode(datagram, receiver, NOW), receiver, NOW)
    message, rest = ber_decoder.decode(answer, asn1Spec=pysnmp_v2c.Message())
    pdu = pysnmp_v2c.apiMessage.get_pdu(message)
    assert (rest, type(pdu).__name__) == (b"", "ResponsePDU")
    assert int(pysnmp_v2c.apiPDU.get_request_id(pdu)) == 99
    assert bytes(pysnmp_v2c.apiMessage.get_community(message)) == COMMUNITY
    assert pysnmp_varbind(*pysnmp_v2c.apiPDU.get_varbinds(pdu)[2]) == VARBIND


@pytest.mark.parametrize("user", [NOBODY, SIGNER, OEM, BOUND], ids=lambda user: user.name)
def test_a_v3_inform_is_answered_at_its_own_level(user: User) -> None:
    receiver = security()
    notification = decode(inform(user, message_id=55), receiver, NOW)
    assert (notification.is_inform, notification.engine_id) == (True, None)
    answer = Answer(respond(notification, receiver, NOW + 7), user)
    assert (answer.pdu_name, answer.message_id, answer.request_id, answer.error_status) == ("response", 55, 55, 0)
    assert (answer.flags, answer.user_name) == (user.level, user.name)
    assert (answer.engine_id, answer.boots, answer.time) == (OUR_ENGINE, 3, 1007)
    assert answer.varbinds[2:] == [VARBIND]


def test_answers_never_share_a_salt() -> None:
    receiver = security()
    salts = {receiver.next_salt() for _ in range(1000)}
    assert len(salts) == 1000
    assert all(len(salt) == 8 for salt in salts)


def test_a_sender_finds_our_engine_then_our_clock_then_is_taken() -> None:
    receiver = security()
    discovery = v3_message(
        Keys(User(""), b""),
        0,
        Engine(b"", 0, 0),
        message_id=1,
        scoped=scoped_pdu(b"", b"", b"\xa0\x0e\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x03\x30\x01\x00"),
        salt=b"",
        reportable=True,
    )
    error = refused(discovery, receiver)
    octets = report(error, receiver, NOW)
    assert octets is not None
    found = Answer(octets, User(""))
    assert (error.reason, found.pdu_name, found.message_id) == ("unknown_engine_id", "report", 1)
    assert found.varbinds == [Varbind(oid="1.3.6.1.6.3.15.1.1.4.0", syntax="Counter32", value=1)]
    assert found.context_engine_id == found.engine_id == OUR_ENGINE

    error = refused(inform(OEM, engine_id=found.engine_id, boots=0, time=0, message_id=2), receiver)
    octets = report(error, receiver, NOW)
    assert octets is not None
    synchronised = Answer(octets, OEM)
    assert (error.reason, synchronised.flags, synchronised.user_name) == ("not_in_time_window", 1, "oem")
    assert synchronised.varbinds == [Varbind(oid="1.3.6.1.6.3.15.1.1.2.0", syntax="Counter32", value=1)]

    right = inform(OEM, boots=synchronised.boots, time=synchronised.time, message_id=3)
    assert decode(right, receiver, NOW).is_inform


@pytest.mark.parametrize(
    ("datagram", "reason", "number"),
    [
        (inform(User("stranger")), "unknown_user", 3),
        (inform(User("oem")), "unsupported_security_level", 1),
        (inform(User("signer", AuthProtocol.SHA_256, b"not-the-password")), "wrong_digest", 5),
        (inform(SIGNER, engine_id=OTHER_ENGINE), "unknown_engine_id", 4),
        (
            inform(User("oem", AuthProtocol.SHA, OEM.auth_password, PrivacyProtocol.AES, b"not-the-password")),
            "decryption_error",
            6,
        ),
    ],
    ids=["unknown user", "level", "digest", "another engine", "decryption"],
)
def test_who_waits_for_a_report_gets_one_unsigned(datagram: bytes, reason: str, number: int) -> None:
    receiver = security()
    error = refused(datagram, receiver)
    octets = report(error, receiver, NOW)
    assert octets is not None
    answer = Answer(octets, NOBODY)
    assert (error.reason, answer.pdu_name, answer.flags) == (reason, "report", 0)
    assert answer.varbinds == [Varbind(oid=f"1.3.6.1.6.3.15.1.1.{number}.0", syntax="Counter32", value=1)]
    assert len(octets) < len(datagram) + 40  # nobody can use us to make a flood larger


@pytest.mark.parametrize(
    "datagram",
    [
        b"\0",
        v2c_notification(b"wrong", trap_oid=LINK_DOWN, uptime_ticks=1, request_id=1, pdu_type=PduType.INFORM),
        v3(User("stranger")),
        v3(User("oem", AuthProtocol.SHA, b"not-the-password", PrivacyProtocol.AES, b"not-the-password")),
    ],
    ids=["no SNMP", "v2c", "trap of a stranger", "trap with a wrong digest"],
)
def test_who_does_not_wait_gets_no_report(datagram: bytes) -> None:
    receiver = security()
    assert report(refused(datagram, receiver), receiver, NOW) is None


def test_a_clock_is_never_told_to_who_names_another_engine() -> None:
    receiver = security()
    decode(v3(OEM, boots=9), receiver, NOW)
    octets = report(refused(inform(OEM, engine_id=SENDER_ENGINE, boots=8), receiver), receiver, NOW)
    assert octets is not None
    answer = Answer(octets, NOBODY)
    assert (answer.flags, answer.varbinds[0].oid) == (0, "1.3.6.1.6.3.15.1.1.4.0")


def test_a_trap_whose_sender_set_the_reportable_flag_by_mistake_is_accepted() -> None:
    reportable = bytearray(v3(NOBODY))
    reportable[reportable.index(b"\x04\x01\x00") + 2] = 4
    assert decode(bytes(reportable), security(), NOW).engine_id == SENDER_ENGINE.hex()


def test_a_repeated_inform_gets_no_report() -> None:
    receiver = security()
    decode(inform(OEM), receiver, NOW)
    error = refused(inform(OEM), receiver)
    assert (error.reason, report(error, receiver, NOW)) == ("replayed", None)


def test_an_inform_that_names_its_sender_as_authority_is_refused() -> None:
    not_reportable = bytearray(inform(NOBODY, engine_id=SENDER_ENGINE))
    not_reportable[not_reportable.index(b"\x04\x01\x04") + 2] = 0
    assert refused(bytes(not_reportable), security()).reason == "unknown_engine_id"


def test_a_trap_is_not_answered() -> None:
    receiver = security()
    with pytest.raises(ValueError, match="only informs"):
        respond(decode(v3(), receiver, NOW), receiver, NOW)
