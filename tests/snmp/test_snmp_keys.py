"""Keys, digests and ciphers against RFC 3414's own samples and against pysnmp: 6 authentication x 6 privacy protocols."""

from typing import Any

import pytest
from pyasn1.codec.ber import decoder as ber_decoder
from pyasn1.codec.ber import encoder as ber_encoder
from pysnmp.proto.api import v2c as pysnmp_v2c
from pysnmp.proto.mpmod.rfc3412 import ScopedPDU, SNMPv3Message
from pysnmp.proto.secmod.rfc3414 import service  # pysnmp's modules are circular; this one can be imported first

from tests.snmp.packets import LINK_DOWN, NOW, SENDER_ENGINE, fields_of, pysnmp_v2_pdu, record, security, v3
from trapline.protocol.traps import Varbind
from trapline.snmp import Credentials, User, decode
from trapline.snmp.keys import Authentication, AuthProtocol, PrivacyProtocol

HmacSha2 = service.hmacsha2.HmacSha2

PYSNMP_AUTH: dict[AuthProtocol, Any] = {
    AuthProtocol.MD5: service.hmacmd5.HmacMd5(),
    AuthProtocol.SHA: service.hmacsha.HmacSha(),
    AuthProtocol.SHA_224: HmacSha2(HmacSha2.SHA224_SERVICE_ID),
    AuthProtocol.SHA_256: HmacSha2(HmacSha2.SHA256_SERVICE_ID),
    AuthProtocol.SHA_384: HmacSha2(HmacSha2.SAH384_SERVICE_ID),
    AuthProtocol.SHA_512: HmacSha2(HmacSha2.SHA512_SERVICE_ID),
}
PYSNMP_AUTH_OID = {
    AuthProtocol.MD5: service.hmacmd5.HmacMd5.SERVICE_ID,
    AuthProtocol.SHA: service.hmacsha.HmacSha.SERVICE_ID,
    AuthProtocol.SHA_224: HmacSha2.SHA224_SERVICE_ID,
    AuthProtocol.SHA_256: HmacSha2.SHA256_SERVICE_ID,
    AuthProtocol.SHA_384: HmacSha2.SAH384_SERVICE_ID,
    AuthProtocol.SHA_512: HmacSha2.SHA512_SERVICE_ID,
}
PYSNMP_PRIVACY: dict[PrivacyProtocol, Any] = {
    PrivacyProtocol.DES: service.des.Des(),
    PrivacyProtocol.AES: service.aes.Aes(),
    PrivacyProtocol.AES_192: service.aes192.AesBlumenthal192(),
    PrivacyProtocol.AES_256: service.aes256.AesBlumenthal256(),
    PrivacyProtocol.AES_192_REEDER: service.aes192.Aes192(),
    PrivacyProtocol.AES_256_REEDER: service.aes256.Aes256(),
}
VARBINDS = (
    Varbind(oid="1.3.6.1.2.1.1.5.0", syntax="OCTET STRING", value="a router in Zürich"),
    Varbind(oid="1.3.6.1.2.1.2.2.1.1.7", syntax="Integer32", value=7),
)
BOOTS, TIME = 5, 7000


def _user(auth: AuthProtocol, privacy: PrivacyProtocol) -> User:
    return User("everyone", auth, b"authentic-password", privacy, b"private-password")


class PysnmpKeys:
    """pysnmp's keys of the same user on the same engine."""

    def __init__(self, user: User) -> None:
        assert user.auth_protocol is not None
        assert user.privacy_protocol is not None
        self.auth, self.privacy = PYSNMP_AUTH[user.auth_protocol], PYSNMP_PRIVACY[user.privacy_protocol]
        engine_id = pysnmp_v2c.OctetString(SENDER_ENGINE)
        oid = PYSNMP_AUTH_OID[user.auth_protocol]
        self.auth_key = self.auth.localize_key(self.auth.hash_passphrase(user.auth_password), engine_id)
        passphrase_key = self.privacy.hash_passphrase(oid, user.privacy_password)
        self.privacy_key = self.privacy.localize_key(oid, passphrase_key, engine_id)


every_auth = pytest.mark.parametrize("auth", list(AuthProtocol))
every_privacy = pytest.mark.parametrize("privacy", list(PrivacyProtocol))


@every_auth
@every_privacy
def test_pysnmp_verifies_and_decrypts_what_we_send(auth: AuthProtocol, privacy: PrivacyProtocol) -> None:
    user = _user(auth, privacy)
    oracle = PysnmpKeys(user)
    datagram = v3(user, boots=BOOTS, time=TIME, varbinds=VARBINDS)
    message, _ = ber_decoder.decode(datagram, asn1Spec=SNMPv3Message())
    parameters, _ = ber_decoder.decode(message["msgSecurityParameters"], asn1Spec=service.UsmSecurityParameters())
    oracle.auth.authenticate_incoming_message(
        oracle.auth_key, parameters["msgAuthenticationParameters"], datagram
    )  # raises where the digest is wrong
    plain = oracle.privacy.decrypt_data(
        oracle.privacy_key, (BOOTS, TIME, parameters["msgPrivacyParameters"]), message["msgData"]["encryptedPDU"]
    )
    scoped, _ = ber_decoder.decode(bytes(plain), asn1Spec=ScopedPDU())
    expected = pysnmp_v2_pdu(scoped["data"]["snmpV2-trap"])
    assert expected["varbinds"] == VARBINDS
    assert fields_of(record(datagram, security(Credentials((), (user,)))), list(expected)) == expected


@every_auth
@every_privacy
def test_we_verify_and_decrypt_what_pysnmp_makes(auth: AuthProtocol, privacy: PrivacyProtocol) -> None:
    user = _user(auth, privacy)
    datagram = _made_by_pysnmp(PysnmpKeys(user))
    trap = record(datagram, security(Credentials((), (user,))))
    assert (trap.security_level, trap.trap_oid, trap.uptime_ticks, trap.request_id) == ("authPriv", LINK_DOWN, 5, 31)
    assert trap.varbinds == VARBINDS[:1]


def _made_by_pysnmp(oracle: PysnmpKeys) -> bytes:
    pdu = pysnmp_v2c.TrapPDU()
    pysnmp_v2c.apiTrapPDU.set_defaults(pdu)
    pysnmp_v2c.apiTrapPDU.set_request_id(pdu, 31)
    text = pysnmp_v2c.OctetString(str(VARBINDS[0].value).encode())
    pysnmp_v2c.apiTrapPDU.set_varbinds(
        pdu,
        [
            (pysnmp_v2c.ObjectIdentifier("1.3.6.1.2.1.1.3.0"), pysnmp_v2c.TimeTicks(5)),
            (pysnmp_v2c.ObjectIdentifier("1.3.6.1.6.3.1.1.4.1.0"), pysnmp_v2c.ObjectIdentifier(LINK_DOWN)),
            (pysnmp_v2c.ObjectIdentifier(VARBINDS[0].oid), text),
        ],
    )
    scoped = ScopedPDU()
    scoped["contextEngineId"], scoped["contextName"] = SENDER_ENGINE, b""
    scoped["data"]["snmpV2-trap"] = pdu
    sealed, salt = oracle.privacy.encrypt_data(oracle.privacy_key, (BOOTS, TIME, None), ber_encoder.encode(scoped))
    parameters = service.UsmSecurityParameters()
    parameters["msgAuthoritativeEngineId"] = SENDER_ENGINE
    parameters["msgAuthoritativeEngineBoots"], parameters["msgAuthoritativeEngineTime"] = BOOTS, TIME
    parameters["msgUserName"] = b"everyone"
    parameters["msgAuthenticationParameters"] = bytes(oracle.auth.digest_length)
    parameters["msgPrivacyParameters"] = salt
    message = SNMPv3Message()
    message["msgVersion"] = 3
    head = message["msgGlobalData"]
    head["msgID"], head["msgMaxSize"], head["msgFlags"], head["msgSecurityModel"] = 77, 65507, b"\x03", 3
    message["msgSecurityParameters"] = ber_encoder.encode(parameters)
    message["msgData"]["encryptedPDU"] = sealed
    return bytes(oracle.auth.authenticate_outgoing_message(oracle.auth_key, ber_encoder.encode(message)))


@pytest.mark.parametrize(
    ("protocol", "localised"),
    [
        (AuthProtocol.MD5, "526f5eed9fcce26f8964c2930787d82b"),
        (AuthProtocol.SHA, "6695febc9288e36282235fc7151f128497b38f3f"),
    ],
)
def test_keys_are_localised_as_in_rfc_3414_appendix_a_3(protocol: AuthProtocol, localised: str) -> None:
    authentication = Authentication(protocol, b"maplesyrup", bytes.fromhex("000000000000000000000002"))
    assert authentication._key.hex() == localised


@every_privacy
@pytest.mark.parametrize("size", [*range(1, 40), 2700], ids=lambda size: f"{size} octets")
def test_what_is_encrypted_is_decrypted(privacy: PrivacyProtocol, size: int) -> None:
    key = _user(AuthProtocol.SHA_256, privacy).privacy(SENDER_ENGINE)
    plain = bytes(number % 251 for number in range(size))
    sealed = key.encrypt(plain, BOOTS, TIME, b"saltsalt")
    assert key.decrypt(sealed, BOOTS, TIME, b"saltsalt")[:size] == plain
    assert sealed[:size] != plain


def test_keys_are_kept_only_for_who_had_a_right_digest() -> None:
    user = _user(AuthProtocol.SHA, PrivacyProtocol.AES)
    receiver = security(Credentials((), (user,)))
    assert receiver.keys(user, SENDER_ENGINE) is not receiver.keys(user, SENDER_ENGINE)
    decode(v3(user), receiver, NOW)
    assert receiver.keys(user, SENDER_ENGINE) is receiver.keys(user, SENDER_ENGINE)
