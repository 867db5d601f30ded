"""USM's keys and ciphers: RFC 3414 (MD5, SHA-1, DES), RFC 3826 (AES-128), RFC 7860 (SHA-2).

AES-192 and AES-256 are not in an RFC; two drafts live in devices, and they differ in how a short key is lengthened:
draft-blumenthal-aes-usm (net-snmp) and draft-reeder-snmpv3-usm-3desede (Cisco).

Receiving uses no CFB or CBC object per message: with P = plain and C = cipher text, CFB is P[i] = C[i] xor E(C[i-1])
and CBC is P[i] = D(C[i]) xor C[i-1], so one pass of a kept ECB context and one xor decrypt a message.
"""

import hashlib
import hmac
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from trapline.protocol.errors import DatagramError
from trapline.snmp import twin

_MEGABYTE: Final = 1 << 20


class AuthProtocol(StrEnum):
    """Authentication protocols by the names that net-snmp gives them."""

    MD5 = "MD5"
    SHA = "SHA"
    SHA_224 = "SHA-224"
    SHA_256 = "SHA-256"
    SHA_384 = "SHA-384"
    SHA_512 = "SHA-512"


class PrivacyProtocol(StrEnum):
    """Privacy protocols; `-REEDER` are the key extension of draft-reeder, the others that of draft-blumenthal."""

    DES = "DES"
    AES = "AES"
    AES_192 = "AES-192"
    AES_256 = "AES-256"
    AES_192_REEDER = "AES-192-REEDER"
    AES_256_REEDER = "AES-256-REEDER"


# protocol -> (hash, octets of the digest in the message)
_AUTH: Final = {
    AuthProtocol.MD5: ("md5", 12),
    AuthProtocol.SHA: ("sha1", 12),
    AuthProtocol.SHA_224: ("sha224", 16),
    AuthProtocol.SHA_256: ("sha256", 24),
    AuthProtocol.SHA_384: ("sha384", 32),
    AuthProtocol.SHA_512: ("sha512", 48),
}

# protocol -> octets of key material
_PRIVACY: Final = {
    PrivacyProtocol.DES: 16,  # 8 of key, 8 of pre-IV
    PrivacyProtocol.AES: 16,
    PrivacyProtocol.AES_192: 24,
    PrivacyProtocol.AES_256: 32,
    PrivacyProtocol.AES_192_REEDER: 24,
    PrivacyProtocol.AES_256_REEDER: 32,
}
_REEDER: Final = frozenset((PrivacyProtocol.AES_192_REEDER, PrivacyProtocol.AES_256_REEDER))


@lru_cache(maxsize=1024)
def _password_to_key(hash_name: str, password: bytes) -> bytes:
    """RFC 3414 appendix A.2: a megabyte of the password repeated, hashed. Takes about 2 ms, hence kept."""
    repeated = (password * (_MEGABYTE // len(password) + 1))[:_MEGABYTE]
    return hashlib.new(hash_name, repeated).digest()


def _localise(hash_name: str, key: bytes, engine_id: bytes) -> bytes:
    """RFC 3414 section 2.6: a user's key for one engine."""
    return hashlib.new(hash_name, key + engine_id + key).digest()


def _privacy_key(hash_name: str, protocol: PrivacyProtocol, password: bytes, engine_id: bytes) -> bytes:
    key = _localise(hash_name, _password_to_key(hash_name, password), engine_id)
    while len(key) < _PRIVACY[protocol]:
        if protocol in _REEDER:
            key += _localise(hash_name, _password_to_key.__wrapped__(hash_name, key), engine_id)
        else:
            key += hashlib.new(hash_name, key).digest()
    return key[: _PRIVACY[protocol]]


class Authentication:
    """One user's authentication on one engine."""

    def __init__(self, protocol: AuthProtocol, password: bytes, engine_id: bytes) -> None:
        self._hash, self.size = _AUTH[protocol]
        self._key = _localise(self._hash, _password_to_key(self._hash, password), engine_id)

    def digest(self, message: bytes) -> bytes:
        """The digest of a message whose digest field is zero, cut to the protocol's `size`."""
        return hmac.digest(self._key, message, self._hash)[: self.size]


class Privacy:
    """One user's privacy on one engine. `salt` is msgPrivacyParameters, 8 octets."""

    def __init__(self, auth: AuthProtocol, protocol: PrivacyProtocol, password: bytes, engine_id: bytes) -> None:
        self._key = _privacy_key(_AUTH[auth][0], protocol, password, engine_id)
        self._is_des = protocol is PrivacyProtocol.DES

    @cached_property
    def _algorithm(self) -> AES | TripleDES:
        # RFC 3414's DES is 3DES with one key three times; weak, but it is what old devices have.
        return TripleDES(self._key[:8] * 3) if self._is_des else AES(self._key)

    @cached_property
    def _blocks(self) -> CipherContext:
        cipher = Cipher(self._algorithm, ECB())  # noqa: S305  (building block of CFB and CBC, see above)
        return cipher.decryptor() if self._is_des else cipher.encryptor()

    def _iv(self, boots: int, time: int, salt: bytes) -> bytes:
        if self._is_des:
            return bytes(a ^ b for a, b in zip(self._key[8:], salt, strict=True))
        return boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt

    def decrypt(self, sealed: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """The scoped PDU, perhaps with padding after it. Raises DatagramError `decryption_error`."""
        size = len(sealed)
        if len(salt) != 8 or not size or (self._is_des and size % 8):
            raise DatagramError("decryption_error", f"{size} octets sealed with a salt of {len(salt)}")
        before = self._iv(boots, time, salt) + sealed
        if self._is_des:
            left, right = self._blocks.update(sealed), before[:size]
        else:
            left, right = self._blocks.update(before[: (size + 15) & -16])[:size], sealed
        return twin.xor(left, right)

    def encrypt(self, scoped: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """The scoped PDU sealed."""
        iv = self._iv(boots, time, salt)
        if self._is_des:
            return Cipher(self._algorithm, CBC(iv)).encryptor().update(scoped + bytes(-len(scoped) % 8))
        return Cipher(self._algorithm, CFB(iv)).encryptor().update(scoped)
