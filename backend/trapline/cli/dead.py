"""`trapline dead …`: records that could not be used, and putting them back once the cause is mended."""

import json
from datetime import UTC, datetime

import click

from trapline.cli.counted import counted
from trapline.kafka.admin import ensure_topics
from trapline.kafka.dead_list import DEAD_TOPICS, Dead, fold, retry
from trapline.kafka.exclusive import Exclusive
from trapline.kafka.reader import read_to_end
from trapline.protocol.errors import SettingError
from trapline.settings import Settings, load

_SHOWN = 20_000


@click.group()
def dead() -> None:
    """List, show and put back records that could not be used."""


@dead.command("list")
@click.option("--all", "is_all", is_flag=True, help="Also those that were put back.")
def list_(*, is_all: bool) -> None:
    """A line for each letter, oldest first: its name, when, from where, how often, why."""
    letters = _read(load())
    shown = [each for each in letters if is_all or each.retried_at is None]
    for each in shown:
        click.echo(_line(each))
    hidden = len(letters) - len(shown)
    click.echo(counted(len(shown), "dead letter") + (f", {hidden} more put back (--all)" if hidden else ""))


@dead.command()
@click.argument("name")
def show(name: str) -> None:
    """The letter NAME, as `alerts-dead/2/17`, with the record that it holds."""
    (found,) = _named(_read(load()), (name,))
    click.echo(_line(found))
    click.echo(f"key: {found.key!r}")
    click.echo(_text(found.letter.value))


@dead.command("retry")
@click.argument("names", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All that were not put back yet.")
def retry_(names: tuple[str, ...], *, is_all: bool) -> None:
    """Put the records of the letters NAMES back to the topics they came from, each once."""
    if bool(names) == is_all:
        raise SettingError("name the letters to put back, as `trapline dead list` shows them, or say --all")
    settings = load()
    ensure_topics(settings, patience_s=10)
    # Before anything is read: whoever puts back at the same time is cut off, and none is put back twice.
    writer = Exclusive(settings, "dead-retry")
    letters = _read(settings)
    failed = 0
    for each in [each for each in letters if each.retried_at is None] if is_all else _named(letters, names):
        try:
            outputs = retry(each, datetime.now(UTC))
        except SettingError as error:
            click.echo(str(error), err=True)
            failed += 1
            continue
        writer.write(outputs)
        click.echo(f"{each.name} is put back to {each.letter.topic}/{each.letter.partition}")
    if failed:
        raise SystemExit(1)


def _read(settings: Settings) -> list[Dead]:
    ensure_topics(settings, DEAD_TOPICS, patience_s=10)
    return fold(record for topic in DEAD_TOPICS for record in read_to_end(settings, topic))


def _named(letters: list[Dead], names: tuple[str, ...]) -> list[Dead]:
    by_name = {each.name: each for each in letters}
    for name in names:
        if name not in by_name:
            raise SettingError(f"there is no dead letter {name!r}; `trapline dead list` shows them")
    return [by_name[name] for name in dict.fromkeys(names)]


def _line(found: Dead) -> str:
    letter = found.letter
    often = f", died {found.deaths} times" if found.deaths > 1 else ""
    back = f", put back {found.retried_at:%Y-%m-%d %H:%M:%S}Z" if found.retried_at else ""
    return (
        f"{found.name}  {letter.recorded_at:%Y-%m-%d %H:%M:%S}Z  {letter.stage}, of {letter.topic}/{letter.partition} "
        f"offset {letter.offset}{often}{back}: {letter.reason}"
    )


def _text(value: bytes) -> str:
    """JSON with lines, other text as it is, octets in hex; cut where nobody reads on."""
    try:
        text = json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = value.decode(errors="backslashreplace")
        if not all(each.isprintable() or each in "\t\n" for each in text):
            text = value.hex(" ")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(value):,} octets)"
