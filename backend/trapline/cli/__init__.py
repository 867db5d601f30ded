"""`trapline …`: one command line for the node and what surrounds it. Subcommands are imported when they are called."""

import importlib
import os
import sys

import click

from trapline import __version__
from trapline.protocol.errors import SettingError, TraplineError

_COMMANDS = {
    "ack": "Acknowledge what is open on a server or target.",
    "check": "Check settings, credentials, rules and inventory.",
    "dead": "List, show and put back records that could not be used.",
    "funnel": "Tell what became of every trap: where did mine die?",
    "inbox": "List the traps that no rule took, and get a rule to start from.",
    "inventory": "Check inventory.yaml, see what a change would do, get lines to paste.",
    "maintenance": "Plan work on servers, targets and tiers; list and end it.",
    "mib": "Add, list, show and remove MIBs.",
    "operator": "Add, list and remove the people who may operate.",
    "replay": "Run stored traps again through corrected rules.",
    "restore": "Put back on the wall what was retired.",
    "retire": "Take a server or target off the wall, with a reason.",
    "retired": "List what is retired, heard of since, or proposed.",
    "rules": "List the rules, run their test cases, print their schema.",
    "sender": "List, approve and refuse SNMPv3 senders that nobody knows.",
    "setup": "Make what is missing: secrets, credentials, the broker's jars.",
    "simulate": "Play a scenario as OEM would, as real SNMP traps.",
    "start": "Run the node until Ctrl-C.",
    "unack": "Take an acknowledgement back.",
}


class _Lazy(click.Group):
    """Knows the names and a line of help each; imports a command only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  (click's signature)
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f"trapline.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  (click's signature)
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="trapline")
def trapline() -> None:
    """SNMP traps from Oracle Enterprise Manager to a live status wall.

    Settings are environment variables TRAPLINE_…, listed in docs/operations.md.
    """


def main() -> None:
    """The entry point: our errors are one sentence, exit code 78 for what is configured, 1 otherwise."""
    try:
        trapline(standalone_mode=True)
    except TraplineError as error:
        click.secho(f"trapline: {error}", fg="red", err=True)
        sys.exit(os.EX_CONFIG if isinstance(error, SettingError) else 1)
