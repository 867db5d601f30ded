"""`trapline inbox …`: traps that no rule took, and a rule to start from."""

from collections.abc import Iterable

import click

from trapline.cli.counted import counted
from trapline.inbox.groups import Groups
from trapline.kafka.admin import ensure_topics
from trapline.kafka.reader import read_to_end
from trapline.mibs import store
from trapline.mibs.names import Mibs
from trapline.normalize.component import load_rules
from trapline.normalize.match import match
from trapline.protocol import codec
from trapline.protocol.errors import RecordError, SettingError
from trapline.protocol.grid import InboxGroup
from trapline.protocol.topics import SNMP_TRAPS_UNMATCHED
from trapline.protocol.traps import Unmatched
from trapline.settings import Settings, load


@click.group()
def inbox() -> None:
    """Traps that no rule took: list them, and get a rule to start from."""


@inbox.command("list")
def list_() -> None:
    """By trap OID and sender, the most first: how many, since when, why."""
    settings = load()
    groups = _read(settings)
    mibs = store.load(settings.home)
    listed = groups.inbox(mibs)
    rulebook = load_rules(settings.site, mibs)
    taken = {
        oid
        for oid in groups.oids()
        if (newest := groups.newest(oid)) is not None and not isinstance(match(newest.trap, rulebook), str)
    }
    for group in listed.groups:
        click.echo("\n".join(_lines(group, is_taken=group.trap_oid in taken)))
    more = listed.left_out + groups.left_out
    click.echo(counted(len(listed.groups), "group") + (f"; {more} are not listed" if more else ""))


@inbox.command()
@click.argument("oid")
@click.option("--rule", "is_rule", is_flag=True, help="The rule only, to be written to a file.")
def show(oid: str, *, is_rule: bool) -> None:
    """Traps of OID (or of the name that a MIB gives it), the newest as people read it, and a rule to start from."""
    settings = load()
    mibs = store.load(settings.home)
    trap_oid = _oid(oid, mibs)
    found = _read(settings).inbox(mibs, trap_oid)
    if found.sample is None:
        raise SettingError(f"no trap {oid} is in the inbox; `trapline inbox list` shows what is")
    if is_rule:
        click.echo(found.sample.draft, nl=False)
        return
    for group in found.groups:
        click.echo("\n".join(_lines(group, is_taken=False)))
    click.echo(f"\nThe newest, {found.sample.received_at:%Y-%m-%d %H:%M:%S}Z, from {found.sample.source_addr}:")
    for line in found.sample.varbinds:
        click.echo(f"    {line}")
    click.echo(f"\n{found.sample.draft}", nl=False)


def _read(settings: Settings) -> Groups:
    ensure_topics(settings, (SNMP_TRAPS_UNMATCHED,), patience_s=10)
    groups = Groups()
    for record in read_to_end(settings, SNMP_TRAPS_UNMATCHED):
        try:
            groups.add(codec.decode(record.value or b"", Unmatched))
        except RecordError as error:
            click.echo(f"{record.topic}/{record.partition} offset {record.offset} is left out: {error}", err=True)
    return groups


def _oid(text: str, mibs: Mibs) -> str:
    if text.removeprefix(".").replace(".", "").isdigit():
        return text.removeprefix(".")
    oids = set(mibs.oids(text).values())
    if len(oids) != 1:
        known = " and ".join(sorted(oids)) or "nothing"
        raise SettingError(f"{text!r} is {known}; give the trap OID in numbers, as `trapline inbox list` shows it")
    return oids.pop()


def _lines(group: InboxGroup, *, is_taken: bool) -> Iterable[str]:
    name = f" {group.name}" if group.name else ""
    when = f"{group.first_at:%Y-%m-%d %H:%M:%S}Z to {group.last_at:%Y-%m-%d %H:%M:%S}Z"
    yield f"{group.count:>8,}  {group.trap_oid}{name} from {group.source_addr}, {when}"
    yield f"          {group.reason}"
    if is_taken:
        yield "          the rules take it now: trapline replay --from all --unmatched --rules"
