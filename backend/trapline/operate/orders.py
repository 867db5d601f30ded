"""What an operator asks, checked and made into commands: one for each target. Pure.

An operator sees a server and means its targets. This room has no state, so the page says which: it has them from
`trapline.api.target.get`. A target's id is OEM's type and name, `type:name`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from trapline.protocol import uris
from trapline.protocol.commands import Action, Command
from trapline.protocol.errors import Refused

MOST_TARGETS: Final = 500
MOST_CHARACTERS: Final = 1_000


def commands(
    action: Action,
    targets: str | Sequence[str],
    *,
    operator: str | None,
    note: str,
    now: datetime,
    new_id: Callable[[], str],
) -> list[Command]:
    """One command for each target, in the order asked. Raises Refused with a sentence about what is wrong."""
    if not operator:
        raise _invalid("the router does not say who calls; sign in as an operator", "operator")
    wanted = list(dict.fromkeys([targets] if isinstance(targets, str) else targets))
    if not wanted:
        raise _invalid("no target is named; name at least one", "targets")
    if len(wanted) > MOST_TARGETS:
        raise _invalid(f"{len(wanted)} targets are named; name {MOST_TARGETS} at most", "targets")
    for target in wanted:
        kind, colon, name = target.partition(":")
        if not (kind.strip() and colon and name.strip()) or len(target) > MOST_CHARACTERS or not target.isprintable():
            raise _invalid(
                f"{target[:80]!r} is no target; a target is type:name, as host:web-01.example.com", "targets"
            )
    if len(note) > MOST_CHARACTERS:
        raise _invalid(f"the note has {len(note)} characters; write {MOST_CHARACTERS} at most", "note")
    return [
        Command(
            command_id=new_id(), action=action, target_id=target, operator=operator, issued_at=now, note=note.strip()
        )
        for target in wanted
    ]


def _invalid(sentence: str, argument: str) -> Refused:
    return Refused(uris.ERROR_INVALID_ARGUMENT, sentence, argument=argument)
