"""`trapline retire`: a server is gone for good."""

import click

from trapline.cli.desk import desk, undo
from trapline.protocol import uris
from trapline.protocol.errors import TraplineError


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET…")
@click.option("--reason", required=True, help="Why; in the audit log and on the list of what is retired.")
def retire(targets: tuple[str, ...], reason: str) -> None:
    """Take TARGET… off the wall. Nothing is lost: the history stays, and restore brings it back.

    A TARGET is a server as the wall names it (all its targets), or one target, as type:name. What is heard of it
    afterwards does not bring it back: `trapline retired` tells of it.

    \b
    trapline retire claims-web-07 --reason "scrapped in November"
    """
    with desk() as node:
        named = node.targets(targets)
        node.order(uris.TARGET_RETIRE, named, reason)
        done = node.retired_now(named, is_retired=True)
    if done:
        click.echo(f"retired: {', '.join(done)}")
        undo("restore", *done)
    if missing := sorted(set(named) - set(done)):
        raise TraplineError(f"not retired, because nothing was ever heard of it by that name: {', '.join(missing)}")
