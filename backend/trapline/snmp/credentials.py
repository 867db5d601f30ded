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
from typing import Any, Final, TypeVar

import yaml

from trapline.protocol.errors import SettingError
from trapline.snmp.keys import Authentication, AuthProtocol, Privacy, PrivacyProtocol

P = TypeVar("P", AuthProtocol, PrivacyProtocol)

ANY_ENGINE: Final = None
SECURITY_LEVELS: Final = ("noAuthNoPriv", "authNoPriv", "", "authPriv")  # by msgFlags & 3


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


def load(path: Path) -> Credentials:
    """The credentials file. Raises SettingError with file, line and what is wrong, never with a secret."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise SettingError(
            f"{path}: cannot be read ({error.strerror}); it holds the SNMP communities and users"
        ) from None
    except UnicodeDecodeError:
        raise SettingError(f"{path}: is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SettingError(f"{path}, line {line}: {error.problem or 'is not YAML'}") from None
    except yaml.YAMLError:
        raise SettingError(f"{path}: is not YAML text") from None
    return _Reader(path).credentials(root)


class _Reader:
    """Walks YAML's nodes, because they know their lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def credentials(self, root: yaml.Node | None) -> Credentials:
        if root is None:
            return Credentials()
        members = self._members(root, required=(), optional=("communities", "users"))
        communities = [self._community(node) for node in self._items(members.get("communities"))]
        users = [(node, self._user(node)) for node in self._items(members.get("users"))]
        for number, (node, user) in enumerate(users):
            for _, other in users[:number]:
                if user.name == other.name and _overlap(user.engine_ids, other.engine_ids):
                    raise self._wrong(
                        node, f"user {user.name!r} stands twice for the same engine IDs; give each its own"
                    )
        seen: set[bytes] = set()
        for node, community in communities:
            if community.community in seen:
                raise self._wrong(node, f"the community of {community.name!r} stands twice; a community has one name")
            seen.add(community.community)
        return Credentials(tuple(community for _, community in communities), tuple(user for _, user in users))

    def _community(self, node: yaml.Node) -> tuple[yaml.Node, Community]:
        members = self._members(node, required=("name", "community"), optional=())
        return node, Community(
            self._text(members["name"], "name"), self._text(members["community"], "community").encode()
        )

    def _user(self, node: yaml.Node) -> User:
        members = self._members(node, required=("name",), optional=("auth", "privacy", "engine_ids"))
        if "privacy" in members and "auth" not in members:
            raise self._wrong(members["privacy"], "privacy needs auth beside it (RFC 3414)")
        auth_protocol, auth_password = self._protocol(members.get("auth"), AuthProtocol)
        privacy_protocol, privacy_password = self._protocol(members.get("privacy"), PrivacyProtocol)
        return User(
            name=self._text(members["name"], "name", longest=32),
            auth_protocol=auth_protocol,
            auth_password=auth_password,
            privacy_protocol=privacy_protocol,
            privacy_password=privacy_password,
            engine_ids=self._engine_ids(members.get("engine_ids")),
        )

    def _protocol(self, node: yaml.Node | None, kind: type[P]) -> tuple[P | None, bytes]:
        if node is None:
            return None, b""
        members = self._members(node, required=("protocol", "password"), optional=())
        text = self._text(members["protocol"], "protocol")
        try:
            protocol = kind(text.upper())
        except ValueError:
            known = ", ".join(kind)
            raise self._wrong(members["protocol"], f"protocol is {text!r}; say one of {known}") from None
        password = self._text(members["password"], "password").encode()
        if len(password) < 8:
            raise self._wrong(members["password"], "password is shorter than 8 octets, which RFC 3414 forbids")
        return protocol, password

    def _engine_ids(self, node: yaml.Node | None) -> frozenset[bytes] | None:
        if node is None or (isinstance(node, yaml.ScalarNode) and node.value == "any"):
            return ANY_ENGINE
        engine_ids = set()
        for item in self._items(node):
            text = self._text(item, "engine ID")
            try:
                engine_id = bytes.fromhex(text.removeprefix("0x").replace(":", ""))
            except ValueError:
                raise self._wrong(item, f"engine ID {text!r} is no hex; write it like 80001f8880e9630000") from None
            if not 5 <= len(engine_id) <= 32:
                raise self._wrong(item, f"engine ID {text!r} has {len(engine_id)} octets; RFC 3411 wants 5 to 32")
            engine_ids.add(engine_id)
        return frozenset(engine_ids)

    def _items(self, node: yaml.Node | None) -> Iterable[yaml.Node]:
        if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"):
            return ()
        if not isinstance(node, yaml.SequenceNode):
            raise self._wrong(node, "a list belongs here, each entry with a dash")
        items: list[yaml.Node] = node.value
        return items

    def _members(
        self, node: yaml.Node, *, required: tuple[str, ...], optional: tuple[str, ...]
    ) -> dict[str, yaml.Node]:
        allowed = required + optional
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, f"names and values belong here: {', '.join(allowed)}")
        members: dict[str, Any] = {}
        for key, value in node.value:
            if key.value not in allowed:
                raise self._wrong(key, f"{key.value!r} is not known here; say {', '.join(allowed)}")
            if key.value in members:
                raise self._wrong(key, f"{key.value!r} stands twice")
            members[key.value] = value
        for name in required:
            if name not in members:
                raise self._wrong(node, f"{name!r} is missing")
        return members

    def _text(self, node: yaml.Node, name: str, *, longest: int = 255) -> str:
        if not isinstance(node, yaml.ScalarNode) or not 1 <= len(node.value.encode()) <= longest:
            raise self._wrong(node, f"{name} must be a text of 1 to {longest} octets")
        return str(node.value)

    def _wrong(self, node: yaml.Node, sentence: str) -> SettingError:
        return SettingError(f"{self._path}, line {node.start_mark.line + 1}: {sentence}")


def _overlap(one: frozenset[bytes] | None, other: frozenset[bytes] | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(one & other)
