"""The User-based Security Model for a receiver of notifications (RFC 3414 section 3.2), in its order of checks:

engine ID, user, security level (exactly the user's), digest, time window, exact repeat, and then only decryption.
The sender is authoritative for traps, we are for INFORMs. A user that is accepted from named engines only is checked
as if this were one of them before it is said that it is not: a wrong digest is wrong from wherever it comes. What a
stranger sends leaves nothing behind: keys, clocks and repeats are kept only after a right digest, and each is bounded.
"""

import hmac
import os
from collections import Counter
from collections.abc import Mapping
from typing import Final

from trapline.protocol.errors import DatagramError
from trapline.snmp.clocks import EngineClocks, LocalEngine
from trapline.snmp.credentials import SECURITY_LEVELS, Credentials, User
from trapline.snmp.header import AUTH_FLAG, LEVEL_MASK, REPORTABLE_FLAG, Header
from trapline.snmp.keys import Authentication, Privacy
from trapline.snmp.repeats import Repeats

_KEYS_KEPT: Final = 16_384  # (user, engine) pairs, about 2 kB each


class RefusedMessage(DatagramError):  # noqa: N818  (what happened to it, not a fault of ours)
    """A refused v3 message whose header could be read, so that it can be answered with a Report (RFC 3414)."""

    def __init__(self, reason: str, detail: str, header: Header, user: User | None = None) -> None:
        super().__init__(reason, detail)
        self.header = header
        self.user = user


class UnknownSender(RefusedMessage):
    """A signed notification of an engine or user that nobody knows: it can be authenticated once somebody does."""


class Keys:
    """One user's keys on one engine. The privacy key is made only when a digest was right: making it may cost 2 ms."""

    __slots__ = ("_engine_id", "_privacy", "authentication", "user")

    def __init__(self, user: User, engine_id: bytes) -> None:
        self.user = user
        self._engine_id = engine_id
        self._privacy: Privacy | None = None
        self.authentication: Authentication | None = user.authentication(engine_id) if user.auth_protocol else None

    @property
    def privacy(self) -> Privacy:
        if self._privacy is None:
            self._privacy = self.user.privacy(self._engine_id)
        return self._privacy


class Security:
    """All that is needed to judge a datagram, and what is learnt from those that were right.

    `clocks` and `repeats` are to be kept and given back over a restart, or the first message after it is trusted, and
    what came before it comes in again.
    """

    def __init__(
        self,
        credentials: Credentials,
        local_engine: LocalEngine,
        *,
        clocks: EngineClocks | None = None,
        repeats: Repeats | None = None,
        replay_check: bool = True,
    ) -> None:
        self.credentials = credentials
        self.local_engine = local_engine
        # (engine ID, user name) -> whether an operator approved or refused it; the others stay unknown.
        self.decided: Mapping[tuple[bytes, bytes], bool] = {}
        self.clocks = EngineClocks() if clocks is None else clocks
        self.counters: Counter[str] = Counter()  # the usmStats of RFC 3414, for reports
        self.replay_check = replay_check
        self._keys: dict[tuple[User, bytes], Keys] = {}
        self.repeats = Repeats() if repeats is None else repeats
        self._salt = int.from_bytes(os.urandom(8), "big")

    def keys(self, user: User, engine_id: bytes) -> Keys:
        """The user's keys on an engine: kept ones, or new ones that nobody keeps yet."""
        return self._keys.get((user, engine_id)) or Keys(user, engine_id)

    def adopt(self, credentials: Credentials) -> None:
        """Judges by these from now on; what was learnt of clocks and repeats stays."""
        self.credentials = credentials
        self._keys.clear()

    def next_salt(self) -> bytes:
        """8 octets that come once (RFC 3414 section 8.1.1.1, RFC 3826 section 3.1.1.1)."""
        self._salt = (self._salt + 1) & 0xFFFFFFFFFFFFFFFF
        return self._salt.to_bytes(8, "big")

    def check(self, octets: bytes, header: Header, now: float, *, may_repeat: bool = False) -> User:
        """The user that the message octets[:header.end] is from. Raises RefusedMessage.

        `may_repeat` leaves out the check for an exact repeat, and no other.
        """
        is_ours = header.engine_id == self.local_engine.engine_id
        if not 5 <= len(header.engine_id) <= 32:
            raise RefusedMessage("unknown_engine_id", f"engine ID of {len(header.engine_id)} octets", header)
        is_approved = None if is_ours else self.decided.get((header.engine_id, header.user_name))
        if is_approved is False:
            raise RefusedMessage("refused_sender", f"engine {header.engine_id.hex()}", header)
        named = self.credentials.users_by_name.get(header.user_name)
        if named is None:
            raise _unknown("unknown_user", "", header, is_ours=is_ours)
        bound = [user for user in named if is_ours or (user.engine_ids and header.engine_id in user.engine_ids)]
        users = bound or [user for user in named if is_approved or user.engine_ids is None]
        level = header.flags & LEVEL_MASK
        at_level = [user for user in users or named if user.level == level]
        if not at_level:
            raise RefusedMessage("unsupported_security_level", f"{SECURITY_LEVELS[level]} by {named[0].name}", header)
        keys = self._authenticate(octets, header, at_level) if level else None
        if not users:
            raise _unknown("unknown_engine_id", f"engine ID {header.engine_id.hex()}", header, is_ours=is_ours)
        if keys is None:
            return at_level[0]
        if not (
            self.local_engine.accept(header.boots, header.time, now)
            if is_ours
            else self.clocks.accept(header.engine_id, header.boots, header.time, now)
        ):
            detail = f"boots {header.boots}, time {header.time} of engine {header.engine_id.hex()}"
            raise RefusedMessage("not_in_time_window", detail, header, keys.user)
        if (
            self.replay_check
            and not may_repeat
            and self.repeats.is_repeat(octets[header.digest_start : header.digest_end], now)
        ):
            raise RefusedMessage("replayed", f"engine {header.engine_id.hex()}", header)
        return keys.user

    def _authenticate(self, octets: bytes, header: Header, users: list[User]) -> Keys:
        digest = octets[header.digest_start : header.digest_end]
        unsigned = b"%b%b%b" % (
            octets[: header.digest_start],
            bytes(len(digest)),
            octets[header.digest_end : header.end],
        )
        for user in users:
            keys = self.keys(user, header.engine_id)
            assert keys.authentication is not None
            if hmac.compare_digest(keys.authentication.digest(unsigned), digest):
                if len(self._keys) >= _KEYS_KEPT:
                    self._keys.clear()
                self._keys[user, header.engine_id] = keys
                return keys
        raise RefusedMessage("wrong_digest", f"user {users[0].name} of engine {header.engine_id.hex()}", header)


def _unknown(reason: str, detail: str, header: Header, *, is_ours: bool) -> RefusedMessage:
    """What can be authenticated later, or not: informs are asked again, and what is not signed proves nothing ever."""
    is_trap = header.flags & AUTH_FLAG and not header.flags & REPORTABLE_FLAG
    kind = UnknownSender if is_trap and not is_ours else RefusedMessage
    return kind(reason, detail, header)
