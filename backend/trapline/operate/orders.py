"""What all orders of operators have in common: who, when, which targets, what is written beside them. Pure.

An operator sees a server and means its targets. This room has no state, so the page says which: it has them from
`trapline.api.target.get`. A target's id is OEM's type and name, `type:name`; a whole tier or server is a scope
(`trapline_scope:tier/<id>`, `trapline_scope:server/<name>`), where the order allows one. What cannot be done is refused
in one sentence, before anything is written.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from trapline.protocol import uris
from trapline.protocol.alerts import TARGET_ID_LENGTH
from trapline.protocol.commands import CLOCK, INVENTORY, Action, Command
from trapline.protocol.errors import Refused
from trapline.protocol.scope import is_ours, is_scope

MOST_TARGETS: Final = 500
MOST_CHARACTERS: Final = 1_000
LONGEST: Final = timedelta(days=366)


class Order(NamedTuple):
    """Who orders, when, and where new ids come from."""

    operator: str | None
    now: datetime
    new_id: Callable[[], str]

    def commands(self, action: Action, target_ids: Sequence[str], note: str, **fields: Any) -> list[Command]:
        """One command for each target. Raises Refused for nobody, and for a note that is too long."""
        operator, said = self._who(), written(note, "note")
        return [
            Command(
                command_id=self.new_id(),
                action=action,
                target_id=target_id,
                operator=operator,
                issued_at=self.now,
                note=said,
                **fields,
            )
            for target_id in target_ids
        ]

    def _who(self) -> str:
        if not self.operator:
            raise refused("the router does not say who calls; sign in as an operator", "operator")
        if self.operator in {CLOCK, INVENTORY}:
            raise refused(f"{self.operator} is no person's name; sign in as another operator", "operator")
        return self.operator


def targets(named: str | Sequence[str], *, or_scopes: bool = False) -> list[str]:
    """The targets in the order named, each once. Raises Refused with a sentence about what is wrong."""
    wanted = list(dict.fromkeys([named] if isinstance(named, str) else named))
    if not wanted:
        raise refused("no target is named; name at least one", "targets")
    if len(wanted) > MOST_TARGETS:
        raise refused(f"{len(wanted)} targets are named; name {MOST_TARGETS} at most", "targets")
    for target in wanted:
        kind, colon, name = target.partition(":")
        if not (kind.strip() and colon and name.strip()) or len(target) > TARGET_ID_LENGTH or not target.isprintable():
            raise refused(f"{target[:80]!r} is no target; a target is type:name, as host:web-01.example.com", "targets")
        if is_ours(target) and not (or_scopes and is_scope(target)):
            raise refused(f"{target[:80]!r} is no target of this order; name targets themselves", "targets")
    return wanted


def written(text: str, argument: str) -> str:
    """What somebody wrote, without the space around it. Raises Refused when it is too long."""
    if len(text) > MOST_CHARACTERS:
        raise refused(f"the {argument} has {len(text)} characters; write {MOST_CHARACTERS} at most", argument)
    return text.strip()


def aware(at: datetime, argument: str) -> datetime:
    """A time with its zone. Raises Refused for one without."""
    if at.tzinfo is None:
        raise refused(
            f"{argument} is {at.isoformat()}, without a zone; write as 2026-11-24T22:00:00+01:00 or with Z", argument
        )
    return at


def refused(sentence: str, argument: str) -> Refused:
    """An argument that is wrong."""
    return Refused(uris.ERROR_INVALID_ARGUMENT, sentence, argument=argument)
