"""Our own trap, sent and recognised.

- Its community is a random secret of this process, so nobody else can send one; each nonce is good once.
- What looks like a canary, by its OID or by that community's name, and is none of ours is refused.
- It tells the oldest blind interval that is still to be told.
"""

import secrets
from datetime import datetime
from typing import Final

from trapline.ingest.counts import FORGED_CANARY
from trapline.protocol import canary, codec
from trapline.protocol.alerts import BlindInterval
from trapline.protocol.errors import DatagramError, SettingError
from trapline.protocol.traps import Trap, Varbind
from trapline.snmp import Community, Credentials, Notification, encode

_OUTSTANDING: Final = 100


class Canary:
    """Makes canaries for one node and knows its own again."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._community = secrets.token_hex(16).encode()
        self._sent: dict[str, BlindInterval | None] = {}

    def admitted(self, credentials: Credentials) -> Credentials:
        """The site's credentials and the canary's. Raises SettingError when the site uses the canary's name."""
        if canary.SECURITY_NAME in [each.name for each in credentials.communities] + [
            each.name for each in credentials.users
        ]:
            raise SettingError(
                f"a community or user is named {canary.SECURITY_NAME!r}, which is our canary's; rename it"
            )
        mine = Community(canary.SECURITY_NAME, self._community)
        return Credentials((*credentials.communities, mine), credentials.users)

    def datagram(self, now: datetime, blind: BlindInterval | None) -> bytes:
        """The next canary. `now` is aware UTC."""
        nonce = secrets.token_hex(16)
        if len(self._sent) >= _OUTSTANDING:  # those were lost on the way
            del self._sent[next(iter(self._sent))]
        self._sent[nonce] = blind
        values = {
            canary.NODE: self._node,
            canary.NONCE: nonce,
            canary.SENT_AT: _text(now),
            canary.BLIND_FROM_AT: _text(blind.from_at) if blind else "",
            canary.BLIND_TO_AT: _text(blind.to_at) if blind else "",
            canary.BLIND_REASON: blind.reason if blind else "",
            canary.LOST: str(blind.lost) if blind and blind.lost is not None else "",
        }
        return encode.v2c_notification(
            self._community,
            trap_oid=canary.TRAP_OID,
            uptime_ticks=0,
            request_id=int(nonce[:7], 16),
            varbinds=[Varbind(oid=oid, syntax="OCTET STRING", value=value) for oid, value in values.items()],
        )

    def is_claimed_by(self, notification: Notification) -> bool:
        """Whether it says that it is a canary; `check` must then be asked."""
        return notification.trap_oid == canary.TRAP_OID or notification.security_name == canary.SECURITY_NAME

    def check(self, notification: Notification, record: bytes) -> BlindInterval | None:
        """What our own canary told. Raises DatagramError when it is none of ours, or came before."""
        if notification.trap_oid == canary.TRAP_OID and notification.security_name == canary.SECURITY_NAME:
            varbinds = codec.decode(record, Trap).varbinds
            nonce = next((each.value for each in varbinds if each.oid == canary.NONCE), None)
            if isinstance(nonce, str) and nonce in self._sent:
                return self._sent.pop(nonce)
        raise DatagramError(FORGED_CANARY)


def _text(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
