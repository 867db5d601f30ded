"""`trapline maintenance`: planned work, now, later or again and again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import click

from trapline.cli.counted import counted
from trapline.cli.desk import Desk, desk, undo
from trapline.protocol import uris
from trapline.protocol.errors import SettingError
from trapline.protocol.scope import SCOPE_TYPE, server_scope, tier_scope
from trapline.protocol.upkeep import PlannedWork
from trapline.site.duration import duration

_SCOPE: Final = f"{SCOPE_TYPE}:"


@click.group()
def maintenance() -> None:
    """Plan work: it hides nothing, changes the look, and is in the audit log."""


@maintenance.command()
@click.argument("servers", nargs=-1, metavar="[SERVER…]")
@click.option("--tier", "tiers", multiple=True, help="All servers of a tier, by its id; several times for several.")
@click.option(
    "--from", "from_", help="When it begins: 22:00, '2026-11-24 22:00' by the site's clock, 2h. Default: now."
)
@click.option("--to", help="When it ends, written as --from and counted from it. Default: when somebody ends it.")
@click.option("--for", "for_", help="How long it lasts: 90m, 8h.")
@click.option("--repeat", help="How it recurs: an RRULE (RFC 5545), as FREQ=WEEKLY;BYDAY=SU.")
@click.option("--zone", help="The time zone whose clock it recurs by. Default: the site's.")
@click.option("--note", default="", help="What is done; on the wall and in the audit log.")
def start(
    *,
    servers: tuple[str, ...],
    tiers: tuple[str, ...],
    from_: str | None,
    to: str | None,
    for_: str | None,
    repeat: str | None,
    zone: str | None,
    note: str,
) -> None:
    """Begin or plan work on SERVER… (or one target of it, as type:name), or on a whole --tier.

    \b
    trapline maintenance start claims-db-01 --for 2h --note "new disks"
    trapline maintenance start --tier database --from 22:00 --to 06:00
    trapline maintenance start --tier web --from '2026-11-29 02:00' --for 3h --repeat 'FREQ=WEEKLY;BYDAY=SU'
    """
    with desk() as node:
        site_zone, _ = node.wall()
        targets = [*_servers(node, servers), *_tiers(node, tiers)]
        begins = node.moment(from_)
        ends = node.moment(to, begins)
        length = _length(for_)
        window_id = node.order(
            uris.MAINTENANCE_START,
            targets,
            from_at=begins.isoformat() if begins else None,
            to_at=ends.isoformat() if ends else None,
            duration_s=length,
            recurrence=repeat,
            time_zone=zone or site_zone.key,
            note=note,
        )[0]
    when = f"from {begins:%Y-%m-%d %H:%M}Z" if begins else "now"
    click.echo(f"maintenance {when} on {', '.join(map(_spoken, targets))}")
    undo("maintenance", "end", window_id)


@maintenance.command()
@click.argument("window_id", metavar="ID")
@click.option("--note", default="", help="Why; in the audit log.")
def end(window_id: str, note: str) -> None:
    """End the window ID at once, all that recurs of it too. `trapline maintenance list` shows the ids."""
    with desk() as node:
        found = next((each for each in node.maintenance().work if each.window.window_id == window_id), None)
        if found is None:
            raise SettingError(f"there is no window {window_id!r}; `trapline maintenance list` shows all")
        if found.targets > len(found.target_ids):
            raise SettingError(
                f"{window_id} is for {found.targets} targets, more than one list holds; end it on the wall"
            )
        node.order(uris.MAINTENANCE_END, window_id, list(found.target_ids), note=note)
    click.echo(f"ended: {window_id} on {', '.join(map(_spoken, found.target_ids))}")


@maintenance.command("list")
def list_() -> None:
    """What is under way, what comes, what was over within a day; times by the site's clock."""
    with desk() as node:
        zone, _ = node.wall()
        listed = node.maintenance()
    for work in listed.work:
        click.echo("\n".join(_lines(work, zone)))
    more = f", and {listed.left_out} more" if listed.left_out else ""
    click.echo(counted(len(listed.work), "window") + more)


def _servers(node: Desk, words: Iterable[str]) -> list[str]:
    for word in words:
        if ":" not in word:
            node.server(word)  # refused by name where the wall has none
    return [word if ":" in word else server_scope(word) for word in words]


def _tiers(node: Desk, ids: Iterable[str]) -> list[str]:
    known = node.wall()[1]
    for tier in ids:
        if tier not in known:
            raise SettingError(f"there is no tier {tier!r}; the wall has {', '.join(known)}")
    return [tier_scope(tier) for tier in ids]


def _length(text: str | None) -> float | None:
    try:
        return duration(text).total_seconds() if text else None
    except ValueError as error:
        raise SettingError(str(error)) from None


def _spoken(target_id: str) -> str:
    return target_id.removeprefix(_SCOPE).replace("/", " ", 1) if target_id.startswith(_SCOPE) else target_id


def _lines(work: PlannedWork, zone: ZoneInfo) -> Iterable[str]:
    window = work.window

    def clock(at: datetime) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"

    if work.active_from_at:
        ends = f"until {clock(work.active_to_at)}" if work.active_to_at else "until it is ended"
        when = f"under way since {clock(work.active_from_at)}, {ends}"
    elif work.next_from_at:
        when = f"from {clock(work.next_from_at)}"
    else:
        when = f"over since {clock(window.to_at)}" if window.to_at else "over"
    more = f" and {work.targets - len(work.target_ids)} more" if work.targets > len(work.target_ids) else ""
    yield f"{window.window_id}  {when}"
    yield f"    {', '.join(map(_spoken, work.target_ids))}{more}"
    if window.recurrence:
        yield f"    {window.recurrence} in {window.time_zone}"
    said = f": {window.note}" if window.note else ""
    yield f"    {window.operator or window.source}{said}"
