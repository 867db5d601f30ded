"""`trapline inventory`: look at inventory.yaml before the wall does. Nothing here writes a record or the file."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from trapline import document, site
from trapline.cli.counted import counted
from trapline.kafka.admin import ensure_topics
from trapline.kafka.reader import read_to_end
from trapline.protocol import topics
from trapline.protocol.alerts import Target
from trapline.protocol.canary import is_canary
from trapline.protocol.codec import decode
from trapline.protocol.errors import RecordError, SettingError
from trapline.protocol.scope import is_ours
from trapline.protocol.site_model import SiteModel
from trapline.protocol.status import TargetStatus
from trapline.settings import Settings, load
from trapline.site.diff import differences
from trapline.site.heard import unheard
from trapline.site.inventory import examine
from trapline.site.model import json_schema
from trapline.site.models import in_force, newest
from trapline.site.suggest import Suggester
from trapline.site.table import inventory_text

_PATIENCE_S = 10.0
_File = click.argument("file", required=False, type=click.Path(path_type=Path))


@click.group()
def inventory() -> None:
    """Check inventory.yaml, see what a change would do, get lines for what is missing in it.

    FILE is the site's own where none is named. --live, and suggest, ask the Kafka of the node what was heard of.
    """


@inventory.command()
@_File
@click.option("--live", is_flag=True, help="Also: servers nobody ever heard of, targets of no server.")
def check(file: Path | None, *, live: bool) -> None:
    """Say all that is wrong or doubtful, at once and by line."""
    settings = load()
    path = file or settings.site / site.FILE_NAME
    read = document.read(path, "name a file that is there, or set TRAPLINE_SITE")
    found, findings = examine(read)
    if live and found is not None:
        findings += unheard(read, found, known_targets(settings))
    for finding in findings:
        place = f"{path}:{finding.line}" if finding.line else str(path)
        click.echo(f"{place}: {'error' if finding.is_error else 'warning'}: {finding.sentence}")
    errors = sum(finding.is_error for finding in findings)
    if errors:
        raise SettingError(f"{path} has {counted(errors, 'error')}: a node would refuse it")
    servers = len(found.servers) if found else 0
    click.echo(f"{path}: {counted(servers, 'server')}, no error, {counted(len(findings), 'warning')}", err=True)


@inventory.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", required=False, type=click.Path(path_type=Path))
@click.option("--live", is_flag=True, help="Compare with the inventory in force, over all targets heard of.")
def diff(old: Path, new: Path | None, *, live: bool) -> None:
    """Say what NEW would change on the wall.

    What comes has a +, what goes a -, what moves a ~, target by target. With one file, OLD is the site's own
    inventory.yaml and the file is NEW; with --live, OLD is what is in force.
    """
    settings = load()
    if new is not None and live:
        raise click.UsageError("with --live the inventory in force is the old one; name the new file only")
    if live:
        before, known = _in_force(settings), known_targets(settings)
    else:
        before, known = _read(old if new else settings.site / site.FILE_NAME), None
    told = differences(before, _read(new or old), known)
    for sentence in told or ["nothing would change"]:
        click.echo(sentence)


@inventory.command()
@_File
def suggest(file: Path | None) -> None:
    """Print lines for the targets that no server claims.

    By host, with tier and type guessed from what is most like it, and why. Paste them into FILE.
    """
    settings = load()
    path = file or settings.site / site.FILE_NAME
    found = Suggester(_read(path)).suggestions(known_targets(settings))
    for is_new, heading in ((True, "servers:"), (False, None)):
        chosen = [one for one in found if one.is_new is is_new]
        if heading and chosen:
            click.echo(heading)
        for suggestion in chosen:
            click.echo(suggestion.text, nl=False)
    targets = sum(len(one.targets) for one in found)
    click.echo(f"{targets} targets belong to no server of {path}" if found else "every target has a server", err=True)


@inventory.command("import")
@click.argument("table", type=click.Path(path_type=Path))
def import_(table: Path) -> None:
    """Print an inventory made from a table.

    TABLE is comma-separated: a list of servers, or Enterprise Manager's targets. For these: emcli get_targets
    -format="name:csv" > targets.csv. What had to be guessed is marked.
    """
    text = inventory_text(document.read_text(table, "name a table that is there"), str(table))
    site.parse(text)  # what is printed is an inventory, or a sentence says what is wrong with the table
    click.echo(text, nl=False)


@inventory.command()
def schema() -> None:
    """Print the JSON Schema of inventory.yaml.

    An editor completes and checks by it; the sample inventory's first line shows how.
    """
    click.echo(json.dumps(json_schema(), indent=2))


def known_targets(settings: Settings) -> list[Target]:
    """Every target that has a status, by id; canaries and scopes are none. Raises KafkaUnavailable."""
    statuses: dict[str, Target] = {}
    for key, value in _records(settings, topics.STATUS):
        statuses.pop(key, None)
        if value is None or is_canary(key) or is_ours(key):
            continue
        try:
            statuses[key] = decode(value, TargetStatus).target
        except RecordError as error:
            click.echo(f"the status of {key} is left out: {error}", err=True)
    return [statuses[key] for key in sorted(statuses)]


def _in_force(settings: Settings) -> site.Inventory:
    models = [decode(value, SiteModel) for _, value in _records(settings, topics.SITE_MODEL) if value is not None]
    model = newest(models)
    if model is None:
        raise SettingError("no inventory is in force yet: no node has run with this Kafka; leave --live out")
    return in_force(model).inventory


def _records(settings: Settings, topic: topics.Topic) -> Iterator[tuple[str, bytes | None]]:
    ensure_topics(settings, [topic], patience_s=_PATIENCE_S)
    for record in read_to_end(settings, topic):
        yield record.key.decode(errors="replace"), record.value


def _read(path: Path) -> site.Inventory:
    return site.parse(document.read_text(path, "name a file that is there"), str(path))
