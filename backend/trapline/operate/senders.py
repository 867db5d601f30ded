"""An unknown SNMPv3 sender is approved or refused: a command for the audit log, and the decision itself. Pure."""

import re
from typing import Final, NamedTuple

from trapline.operate.orders import Order, refused
from trapline.protocol.commands import Action, Command
from trapline.protocol.scope import sender_id
from trapline.protocol.traps import Sender

_ENGINE_ID: Final = re.compile(r"(?:0x)?((?:[0-9a-f]{2}){5,32})", re.IGNORECASE | re.ASCII)
_LONGEST_NAME: Final = 32


class Decision(NamedTuple):
    """What goes to `commands`, and under `key` to `senders`."""

    command: Command
    sender: Sender
    key: str


def decide(order: Order, engine_id: str, security_name: str, note: str, *, is_approved: bool) -> Decision:
    """Raises Refused. An engine ID is 5 to 32 octets in hex (RFC 3411), a user's name 1 to 32 octets (RFC 3414)."""
    match = _ENGINE_ID.fullmatch(engine_id.strip())
    if match is None:
        raise refused(
            f"{engine_id[:80]!r} is no engine ID; write its 5 to 32 octets in hex, as 80001f8880c0ffee01", "engine_id"
        )
    if not 1 <= len(security_name.encode(errors="replace")) <= _LONGEST_NAME or not security_name.isprintable():
        raise refused(f"{security_name[:80]!r} is no SNMPv3 user; its name has 1 to 32 octets", "security_name")
    engine = match[1].lower()
    action = Action.APPROVE_SENDER if is_approved else Action.REFUSE_SENDER
    (command,) = order.commands(action, [sender_id(engine, security_name)], note)
    sender = Sender(
        engine_id=engine,
        security_name=security_name,
        is_approved=is_approved,
        operator=command.operator,
        at=order.now,
        note=command.note,
    )
    return Decision(command, sender, f"{engine}/{security_name}")
