"""Who may send: communities, and SNMPv3 users. `load` reads the YAML file; nothing here ever shows a secret.

    communities:
      - {name: public, community: public}
    users:
      - name: oem
        auth: {protocol: SHA, password: ...}      # left out: noAuthNoPriv
        privacy: {protocol: AES, password: ...}   # left out: authNoPriv
        engine_ids: any                           # or a list of hex strings

A user's security level is exactly what the file gives it: more or less is refused. The same name may stand twice when
the engine IDs differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from trapline.document import Document, read
from trapline.shape import shaped
from trapline.snmp.keys import Authentication, AuthProtocol, Privacy, PrivacyProtocol

P = TypeVar("P", AuthProtocol, PrivacyProtocol)

ANY_ENGINE: Final = None
SECURITY_LEVELS: Final = ("noAuthNoPriv", "authNoPriv", "", "authPriv")  # by msgFlags & 3
SHORTEST_PASSWORD: Final = 8  # octets, RFC 3414 section 11.2


@dataclass(frozen=True)
class Community:
    """A community and the *name* it has in records."""

    name: str
    community: bytes = field(repr=False)


@dataclass(frozen=True, eq=False)  # keys are kept per user object, looked up for each message
class User:
    """An SNMPv3 user. `engine_ids` are those that its traps may come from; ANY_ENGINE: wherever the digest is right."""

    name: str
    auth_protocol: AuthProtocol | None = None
    auth_password: bytes = field(default=b"", repr=False)
    privacy_protocol: PrivacyProtocol | None = None
    privacy_password: bytes = field(default=b"", repr=False)
    engine_ids: frozenset[bytes] | None = ANY_ENGINE

    @property
    def level(self) -> int:
        """As in msgFlags & 3: 0 noAuthNoPriv, 1 authNoPriv, 3 authPriv."""
        return 3 if self.privacy_protocol else 1 if self.auth_protocol else 0

    @property
    def security_level(self) -> str:
        return SECURITY_LEVELS[self.level]

    def authentication(self, engine_id: bytes) -> Authentication:
        """The authentication key for one engine. Only where the level has it."""
        assert self.auth_protocol is not None
        return Authentication(self.auth_protocol, self.auth_password, engine_id)

    def privacy(self, engine_id: bytes) -> Privacy:
        """The privacy key for one engine. Only where the level has it."""
        assert self.auth_protocol is not None
        assert self.privacy_protocol is not None
        return Privacy(self.auth_protocol, self.privacy_protocol, self.privacy_password, engine_id)


@dataclass(frozen=True)
class Credentials:
    """All of them."""

    communities: tuple[Community, ...] = ()
    users: tuple[User, ...] = ()

    @cached_property
    def name_by_community(self) -> Mapping[bytes, str]:
        return {community.community: community.name for community in self.communities}

    @cached_property
    def users_by_name(self) -> Mapping[bytes, tuple[User, ...]]:
        names = dict.fromkeys(user.name for user in self.users)
        return {name.encode(): tuple(user for user in self.users if user.name == name) for name in names}


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of what stands in the file. All texts are as they are written there, also 0123 and yes."""


class _Protocol(_Entry, frozen=True):
    protocol: str
    password: str


class _Community(_Entry, frozen=True):
    name: str
    community: str


class _User(_Entry, frozen=True):
    name: str
    auth: _Protocol | msgspec.UnsetType = msgspec.UNSET
    privacy: _Protocol | msgspec.UnsetType = msgspec.UNSET
    engine_ids: str | tuple[str, ...] = "any"


class _File(_Entry, frozen=True):
    communities: tuple[_Community, ...] | None = None
    users: tuple[_User, ...] | None = None


def load(path: Path) -> Credentials:
    """The credentials file. Raises SettingError with file, line and what is wrong, never with a secret."""
    document = read(path, "it holds the SNMP communities and users", secret=True)
    file = shaped(document, _File) if document.values is not None else _File()
    return Credentials(_communities(document, file.communities or ()), _users(document, file.users or ()))


def _communities(document: Document, entries: Iterable[_Community]) -> tuple[Community, ...]:
    communities: dict[bytes, Community] = {}
    for index, entry in enumerate(entries):
        place = f"$.communities[{index}]"
        name = _octets(document, f"{place}.name", entry.name).decode()
        community = _octets(document, f"{place}.community", entry.community)
        if community in communities:
            document.fail(place, f"the community of {name!r} stands twice; a community has one name")
        communities[community] = Community(name, community)
    return tuple(communities.values())


def _users(document: Document, entries: Iterable[_User]) -> tuple[User, ...]:
    users: list[User] = []
    for index, entry in enumerate(entries):
        place = f"$.users[{index}]"
        user = _user(document, place, entry)
        if any(user.name == other.name and _overlap(user.engine_ids, other.engine_ids) for other in users):
            document.fail(place, f"user {user.name!r} stands twice for the same engine IDs; give each its own")
        users.append(user)
    return tuple(users)


def _user(document: Document, place: str, entry: _User) -> User:
    if entry.privacy and not entry.auth:
        document.fail(f"{place}.privacy", "privacy needs auth beside it (RFC 3414)")
    auth_protocol, auth_password = _protocol(document, f"{place}.auth", entry.auth, AuthProtocol)
    privacy_protocol, privacy_password = _protocol(document, f"{place}.privacy", entry.privacy, PrivacyProtocol)
    return User(
        name=_octets(document, f"{place}.name", entry.name, longest=32).decode(),
        auth_protocol=auth_protocol,
        auth_password=auth_password,
        privacy_protocol=privacy_protocol,
        privacy_password=privacy_password,
        engine_ids=_engine_ids(document, f"{place}.engine_ids", entry.engine_ids),
    )


def _protocol(
    document: Document, place: str, entry: _Protocol | msgspec.UnsetType, kind: type[P]
) -> tuple[P | None, bytes]:
    if isinstance(entry, msgspec.UnsetType):
        return None, b""
    protocol = next((each for each in kind if each == entry.protocol.upper()), None)
    if protocol is None:
        # What is long enough for a password may be one, in the wrong place.
        said = repr(entry.protocol) if len(entry.protocol) < SHORTEST_PASSWORD else "something else"
        document.fail(f"{place}.protocol", f"protocol is {said}; say one of {', '.join(kind)}")
    password = _octets(document, f"{place}.password", entry.password)
    if len(password) < SHORTEST_PASSWORD:
        document.fail(
            f"{place}.password", f"password is shorter than {SHORTEST_PASSWORD} octets, which RFC 3414 forbids"
        )
    return protocol, password


def _engine_ids(document: Document, place: str, entry: str | tuple[str, ...]) -> frozenset[bytes] | None:
    if entry == "any":
        return ANY_ENGINE
    if isinstance(entry, str):
        document.fail(place, "engine_ids must be a list or any; write one like [80001f8880e9630000]")
    engine_ids = set()
    for index, text in enumerate(entry):
        item = f"{place}[{index}]"
        try:
            engine_id = bytes.fromhex(text.removeprefix("0x").replace(":", ""))
        except ValueError:
            document.fail(item, f"engine ID {text!r} is no hex; write it like 80001f8880e9630000")
        if not 5 <= len(engine_id) <= 32:
            document.fail(item, f"engine ID {text!r} has {len(engine_id)} octets; RFC 3411 wants 5 to 32")
        engine_ids.add(engine_id)
    return frozenset(engine_ids)


def _octets(document: Document, place: str, text: str, *, longest: int = 255) -> bytes:
    octets = text.encode()
    if not 1 <= len(octets) <= longest:
        document.fail(place, f"{place.rpartition('.')[2]} must be a text of 1 to {longest} octets")
    return octets


def _overlap(one: frozenset[bytes] | None, other: frozenset[bytes] | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(one & other)
