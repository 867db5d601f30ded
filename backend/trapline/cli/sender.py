"""`trapline sender …`: SNMPv3 senders that nobody knows, and the decision about them."""

import getpass
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import click

from trapline.ingest.canary import Canary
from trapline.ingest.held import HeldSenders, sender_key
from trapline.ingest.held_records import fold, held_of, senders_of
from trapline.ingest.release import judge
from trapline.kafka.admin import ensure_topics
from trapline.kafka.exclusive import Exclusive
from trapline.kafka.reader import read_to_end
from trapline.kafka.records import Output
from trapline.protocol import codec
from trapline.protocol.commands import Action, Command
from trapline.protocol.errors import SettingError
from trapline.protocol.grid import HeldSender, Senders
from trapline.protocol.scope import sender_id
from trapline.protocol.topics import COMMANDS, SENDERS, SNMP_HELD
from trapline.protocol.traps import Held, Sender
from trapline.settings import Settings, load
from trapline.snmp import Credentials, LocalEngine, Security
from trapline.snmp import load as load_credentials

_SENDER: Final = re.compile(r"(?P<engine>(?:[0-9a-f]{2}){5,32})/(?P<user>.{1,32})")
_OURS: Final = b"trapline"  # an engine ID that no trap is addressed to


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
    click.echo(f"{len(listing.senders) + listing.left_out} senders")


@sender.command()
@click.argument("name", metavar="ENGINE/USER")
@click.option("--note", default="", help="Why; stands in the audit log.")
def approve(name: str, note: str) -> None:
    """Take the traps of ENGINE/USER; what is held comes in as soon as snmp.yaml has the user."""
    settings = load()
    engine_id, user = _decide(settings, name, note, is_approved=True)
    is_known = user.encode() in load_credentials(settings.credentials_file).users_by_name
    click.echo(f"{engine_id}/{user} is approved")
    if not is_known:
        click.echo(
            f"{settings.credentials_file} has no user {user!r} yet: add it with its passwords, no restart needed"
        )


@sender.command()
@click.argument("name", metavar="ENGINE/USER")
@click.option("--note", default="", help="Why; stands in the audit log.")
def refuse(name: str, note: str) -> None:
    """Count and drop what ENGINE/USER sends. Approve it to take that back."""
    engine_id, user = _decide(load(), name, note, is_approved=False)
    click.echo(f"{engine_id}/{user} is refused")


def _decide(settings: Settings, name: str, note: str, *, is_approved: bool) -> tuple[str, str]:
    found = _SENDER.fullmatch(name)
    if found is None or not name.isprintable():
        raise SettingError(f"{name!r} is no sender; write ENGINE/USER as `trapline sender list` shows it")
    engine_id, user = found["engine"], found["user"]
    now, operator = datetime.now(UTC), getpass.getuser()
    decision = Sender(
        engine_id=engine_id, security_name=user, is_approved=is_approved, operator=operator, at=now, note=note
    )
    command = Command(
        command_id=uuid.uuid4().hex,
        action=Action.APPROVE_SENDER if is_approved else Action.REFUSE_SENDER,
        target_id=sender_id(engine_id, user),
        operator=operator,
        issued_at=now,
        note=note,
    )
    ensure_topics(settings, (SENDERS, COMMANDS), patience_s=10)
    Exclusive(settings, "sender").write(
        (
            Output(SENDERS, sender_key(engine_id, user), codec.encode(decision)),
            Output(COMMANDS, command.target_id, codec.encode(command)),
        )
    )
    return engine_id, user


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
