"""A target is taken off the wall, with a reason, and put back (law 7). Pure."""

from collections.abc import Sequence

from trapline.operate.orders import Order, refused, targets, written
from trapline.protocol.commands import Action, Command


def retire(order: Order, named: str | Sequence[str], reason: str) -> list[Command]:
    """Raises Refused, also without a reason: whoever finds it missing in a year wants to know."""
    said = written(reason, "reason")
    if not said:
        raise refused("why is it retired? write a reason", "reason")
    return order.commands(Action.RETIRE, targets(named), said)


def restore(order: Order, named: str | Sequence[str], note: str) -> list[Command]:
    """Raises Refused."""
    return order.commands(Action.RESTORE, targets(named), note)
