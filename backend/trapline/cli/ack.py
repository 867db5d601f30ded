"""`trapline ack`: somebody has it."""

import click

from trapline.cli.desk import desk, undo
from trapline.protocol import uris


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET…")
@click.option("--note", default="", help="What you do about it; on the wall and in the audit log.")
@click.option("--until", help="When the acknowledgement ends: 2h, 06:00, '2026-11-24 06:00' by the site's clock.")
def ack(targets: tuple[str, ...], note: str, until: str | None) -> None:
    """Acknowledge what is open on TARGET…

    A TARGET is a server as the wall names it (all its targets with an open alert), or one target, as type:name. It ends
    by itself when the target is clear or gets worse, or at --until.

    \b
    trapline ack claims-db-01 --note "on it" --until 2h
    trapline ack oracle_database:CLAIMSP1
    """
    with desk() as node:
        named = node.targets(targets, open_only=True)
        ends = node.moment(until)
        node.order(uris.TARGET_ACKNOWLEDGE, named, note=note, **({"until": ends.isoformat()} if ends else {}))
    shown = f" until {ends:%Y-%m-%d %H:%M}Z" if ends else ""
    click.echo(f"acknowledged{shown}: {', '.join(named)}")
    undo("unack", *named)
