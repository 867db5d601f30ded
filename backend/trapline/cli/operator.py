"""`trapline operator`: who may acknowledge. A running node notices at once."""

import sys

import click

from trapline.node.operators import Operators
from trapline.protocol.errors import SettingError
from trapline.settings import load


def _operators() -> Operators:
    return Operators(load().home / "operators.json")


@click.group()
def operator() -> None:
    """Add, list and remove the people who may operate."""


@operator.command()
@click.argument("name")
def add(name: str) -> None:
    """Add NAME, or give NAME a new password: asked for twice, or the first line of standard input."""
    operators = _operators()
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise SettingError("standard input has no password; give it as the first line")
    operators.add(name, password)
    click.echo(f"{name} may operate from now on")


@operator.command("list")
def list_() -> None:
    """List the names."""
    for name in _operators().names():
        click.echo(name)


@operator.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove NAME; sessions that are open go on until they end."""
    _operators().remove(name)
    click.echo(f"{name} may not operate any more")
