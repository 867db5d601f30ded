"""`trapline unack`: an acknowledgement is taken back."""

import click

from trapline.cli.desk import desk, undo
from trapline.protocol import uris


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET…")
@click.option("--note", default="", help="Why; in the audit log.")
def unack(targets: tuple[str, ...], note: str) -> None:
    """Take the acknowledgement of TARGET… back. A TARGET is a server, or one target as type:name."""
    with desk() as node:
        named = node.targets(targets)
        node.order(uris.TARGET_UNACKNOWLEDGE, named, note=note)
    click.echo(f"no longer acknowledged: {', '.join(named)}")
    undo("ack", *named)
