"""Somebody has it: acknowledge with a note, for a time or until it is over, and take it back. Pure."""

from collections.abc import Sequence
from datetime import datetime

from trapline.operate.orders import LONGEST, Order, aware, refused, targets
from trapline.protocol.commands import Action, Command


def acknowledge(order: Order, named: str | Sequence[str], note: str, until: datetime | None) -> list[Command]:
    """Raises Refused."""
    if until is not None:
        until = aware(until, "until")
        if until <= order.now:
            raise refused(f"until is {until.isoformat()}, which is past; leave it out, or name a time to come", "until")
        if until - order.now > LONGEST:
            raise refused(f"until is {until.isoformat()}; an acknowledgement lasts a year at most", "until")
    return order.commands(Action.ACKNOWLEDGE, targets(named), note, until=until)


def unacknowledge(order: Order, named: str | Sequence[str], note: str) -> list[Command]:
    """Raises Refused."""
    return order.commands(Action.UNACKNOWLEDGE, targets(named), note)
