"""`trapline restore`: what was retired is back."""

import click

from trapline.cli.desk import Desk, desk, undo
from trapline.protocol import uris
from trapline.protocol.errors import SettingError, TraplineError


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET…")
@click.option("--note", default="", help="Why; in the audit log.")
def restore(targets: tuple[str, ...], note: str) -> None:
    """Put TARGET… back on the wall, as it is by now.

    A TARGET is a server (all targets of it that are retired), or one target, as type:name; `trapline retired` lists
    them.
    """
    with desk() as node:
        named = _retired(node, targets)
        node.order(uris.TARGET_RESTORE, named, note=note)
        done = node.retired_now(named, is_retired=False)
    if done:
        click.echo(f"restored: {', '.join(done)}")
        undo("retire", *done, "--reason", "…")
    if missing := sorted(set(named) - set(done)):
        raise TraplineError(f"not yet back on the wall: {', '.join(missing)}; look at `trapline retired` in a moment")


def _retired(node: Desk, words: tuple[str, ...]) -> list[str]:
    retired = node.retirements().retired
    found: list[str] = []
    for word in words:
        ids = [one.target_id for one in retired if word in {one.target_id, one.server}]
        if not ids and ":" not in word:
            raise SettingError(f"nothing of {word!r} is retired; `trapline retired` lists what is")
        found += ids or [word]  # a list may be too long for one message: the id is as good
    return list(dict.fromkeys(found))
