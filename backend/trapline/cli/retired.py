"""`trapline retired`: what is off the wall, what was heard of it since, what should be decided."""

import click

from trapline.cli.desk import desk


@click.command()
def retired() -> None:
    """List what is retired, by whom and why; what of it was heard of since; and what is proposed to be retired."""
    with desk() as node:
        listed = node.retirements()
    for one in listed.retired:
        click.echo(f"{one.target_id}  retired {one.at:%Y-%m-%d %H:%M}Z by {one.operator}: {one.reason}")
        if one.heard_at:
            times = "once" if one.heard == 1 else f"{one.heard} times"
            click.echo(f"    heard of since, {times}, last {one.heard_at:%Y-%m-%d %H:%M}Z: is it really gone?")
    for each in listed.proposed:
        click.echo(f"{each.target_id}  proposed since {each.since:%Y-%m-%d %H:%M}Z: {each.reason}")
    more = f", and {listed.left_out} more" if listed.left_out else ""
    click.echo(f"{len(listed.retired)} retired, {len(listed.proposed)} proposed{more}")
