"""What operators' commands may be about besides targets: a whole tier, a whole server, an SNMPv3 sender.

Each has an id that reads as a target's, so that its commands have a key and one order, and its windows have a status:
`trapline_scope:tier/<tier id>`, `trapline_scope:server/<server name>`, `trapline_sender:<engine_id>/<user>`. No trap
may name such a target, and none of them is ever a cell.
"""

from typing import Final

SCOPE_TYPE: Final = "trapline_scope"
SENDER_TYPE: Final = "trapline_sender"

_TIER: Final = f"{SCOPE_TYPE}:tier/"
_SERVER: Final = f"{SCOPE_TYPE}:server/"


def tier_scope(tier: str) -> str:
    """The id of a whole tier: what is on it now and what will be."""
    return f"{_TIER}{tier}"


def server_scope(server: str) -> str:
    """The id of a whole server, whatever targets it has."""
    return f"{_SERVER}{server}"


def sender_id(engine_id: str, security_name: str) -> str:
    """The id of an SNMPv3 sender, by its engine id in hex and its user."""
    return f"{SENDER_TYPE}:{engine_id}/{security_name}"


def is_scope(target_id: str) -> bool:
    """Whether an id means a tier or a server. One that goes on with something else means nothing that is known."""
    return any(target_id.startswith(prefix) and len(target_id) > len(prefix) for prefix in (_TIER, _SERVER))


def is_ours(target_id: str) -> bool:
    """Whether an id is of a type that no trap may name."""
    return target_id.startswith((f"{SCOPE_TYPE}:", f"{SENDER_TYPE}:"))
