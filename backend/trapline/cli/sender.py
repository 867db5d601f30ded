"""`trapline sender …`: SNMPv3 senders that nobody knows, and the decision about them."""

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from trapline.cli.counted import counted
from trapline.cli.desk import desk, undo
from trapline.ingest.canary import Canary
from trapline.ingest.held import HeldSenders, sender_key
from trapline.ingest.held_records import fold, held_of, senders_of
from trapline.ingest.release import judge
from trapline.kafka.admin import ensure_topics
from trapline.kafka.reader import read_to_end
from trapline.protocol import uris
from trapline.protocol.errors import SettingError
from trapline.protocol.grid import HeldSender, Senders
from trapline.protocol.topics import SENDERS, SNMP_HELD
from trapline.protocol.traps import Held
from trapline.settings import Settings, load
from trapline.snmp import Credentials, LocalEngine, Security
from trapline.snmp import load as load_credentials

_OURS = b"trapline"  # an engine ID that no trap is addressed to


@click.group()
def sender() -> None:
    """List, approve and refuse SNMPv3 senders (engine ID and user) that nobody knows."""


@sender.command("list")
def list_() -> None:
    """Who it is, what is held of it, why, and what to do; the most held first."""
    settings = load()
    listing = _listing(settings, load_credentials(settings.credentials_file))
    for each in listing.senders:
        click.echo("\n".join(_lines(each)))
    click.echo(counted(len(listing.senders) + listing.left_out, "sender"))


@sender.command()
@click.argument("name", metavar="ENGINE/USER")
@click.option("--note", default="", help="Why; stands in the audit log.")
def approve(name: str, note: str) -> None:
    """Take the traps of ENGINE/USER; what is held comes in as soon as snmp.yaml has the user."""
    user = _order(uris.SENDER_APPROVE, name, note)
    click.echo(f"{name} is approved")
    path = load().credentials_file
    if user.encode() not in load_credentials(path).users_by_name:
        click.echo(f"{path} has no user {user!r} yet: add it with its passwords")


@sender.command()
@click.argument("name", metavar="ENGINE/USER")
@click.option("--note", default="", help="Why; stands in the audit log.")
def refuse(name: str, note: str) -> None:
    """Count and drop what ENGINE/USER sends. Approve it to take that back."""
    _order(uris.SENDER_REFUSE, name, note)
    click.echo(f"{name} is refused")
    undo("sender", "approve", name)


def _order(uri: str, name: str, note: str) -> str:
    engine_id, slash, user = name.partition("/")
    if not slash:
        raise SettingError(f"{name!r} is no sender; write ENGINE/USER as `trapline sender list` shows it")
    with desk() as node:
        node.order(uri, engine_id, user, note=note)
    return user


def _listing(settings: Settings, credentials: Credentials) -> Senders:
    ensure_topics(settings, (SENDERS, SNMP_HELD), patience_s=10)
    account = HeldSenders(settings.held_per_sender, settings.held_max_bytes)
    for record in read_to_end(settings, SENDERS):
        for key, decision in senders_of(record):
            account.decide(key, decision)
    records = [held for record in read_to_end(settings, SNMP_HELD) for held in held_of(record)]
    for held in records:
        account.take(held)
    account.expire(datetime.now(UTC))
    return account.listing(credentials.users_by_name, _failures(settings, fold(records), credentials, account))


def _failures(
    settings: Settings, records: Iterable[Held], credentials: Credentials, account: HeldSenders
) -> dict[str, str]:
    """Why what is held would not come in now, by sender: what ingest would say of it."""
    security = Security(credentials, LocalEngine(_OURS, 1, 0))
    security.decided = {
        (bytes.fromhex(each.engine_id), each.security_name.encode()): each.is_approved
        for each in account.decisions.values()
    }
    return {
        sender_key(verdict.held.engine_id, verdict.held.security_name): verdict.reason
        for verdict in judge(records, security, Canary(settings.node_name))
        if not verdict.outcome
    }


def _lines(each: HeldSender) -> Iterable[str]:
    decision = "undecided" if each.is_approved is None else "approved" if each.is_approved else "refused"
    by = f" by {each.operator} {each.decided_at:%Y-%m-%d %H:%MZ}" if each.decided_at else ""
    note = f" ({each.note})" if each.note else ""
    yield f"{each.engine_id}/{each.security_name}  {decision}{by}{note}"
    counts = [f"{each.held} held", f"{each.released} released", f"{each.refused} refused"]
    if each.first_at and each.last_at:
        counts.append(f"{each.first_at:%Y-%m-%d %H:%M:%S}Z to {each.last_at:%Y-%m-%d %H:%M:%S}Z")
    yield f"    {', '.join(counts)}" + (f", from {', '.join(each.source_addrs)}" if each.source_addrs else "")
    if each.held and each.reason:
        yield f"    {each.reason}: {each.sentence}"
    yield f"    to do: {each.what_to_do}"
