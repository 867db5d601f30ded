"""An accepted notification, ready to become a record."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from trapline.protocol import codec
from trapline.protocol.traps import PduType, Trap, Version
from trapline.snmp.credentials import User

_json: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Reply:
    """What the answer to an INFORM repeats. The community and the user's name on the wire stay in here.

    v2c: `security` is the community, and `user` is None. v3: the name on the wire, and how it came.
    """

    security: bytes = field(repr=False)
    varbind_list: bytes = field(repr=False)
    message_id: int = 0
    context_engine_id: bytes = b""
    context_name: bytes = b""
    user: User | None = None


@dataclass(slots=True)
class Notification:
    """A trap or inform that was decoded and, as far as its version can, authenticated.

    `engine_id` (hex) is the sender's: a trap's authoritative engine; an inform's context engine unless that is ours.
    `members` is the tail of the record's JSON, from `trap_oid` on. `reply` is there for informs only.
    """

    version: Version
    pdu_type: PduType
    security_name: str
    security_level: str
    engine_id: str | None
    context_name: str | None
    request_id: int | None
    trap_oid: str
    members: bytes = field(repr=False)
    reply: Reply | None

    @property
    def is_inform(self) -> bool:
        return self.reply is not None

    def to_json(self, trap_id: str, received_at: datetime, source_addr: str, source_port: int) -> bytes:
        """The JSON of `protocol.traps.Trap`, octet for octet what msgspec would write. `received_at` is aware UTC."""
        optional = b""
        if self.version is Version.V3:
            optional = self._v3_members()
        if self.request_id is not None:
            optional += b',"request_id":%d' % self.request_id
        return (
            b'{"trap_id":%b,"received_at":%b,"version":"%b","pdu_type":"%b","source_addr":%b,"source_port":%d,'
            b'"security_name":%b%b,%b}'
        ) % (
            _json(trap_id),
            _json(received_at),
            self.version.encode(),
            self.pdu_type.encode(),
            _json(source_addr),
            source_port,
            _json(self.security_name),
            optional,
            self.members,
        )

    def _v3_members(self) -> bytes:
        members = b""
        if self.security_level != "noAuthNoPriv":
            members += b',"security_level":"%b"' % self.security_level.encode()
        if self.engine_id is not None:
            members += b',"engine_id":"%b"' % self.engine_id.encode()
        if self.context_name is not None:
            members += b',"context_name":%b' % _json(self.context_name)
        return members

    def to_record(self, trap_id: str, received_at: datetime, source_addr: str, source_port: int) -> Trap:
        """The typed record, read from the JSON, so that there is one walk over the octets and nothing to drift."""
        return codec.decode(self.to_json(trap_id, received_at, source_addr, source_port), Trap)
