"""`trapline funnel`: what became of every trap, from the socket to the status, in sentences."""

from collections.abc import Iterable

import click
import msgspec

from trapline.node import probe
from trapline.protocol.grid import Funnel, FunnelReason
from trapline.protocol.tally import OTHERS
from trapline.protocol.uris import FUNNEL_GET
from trapline.settings import load


@click.command()
@click.option("--sender", help="Only the traps from this address.")
@click.option("--senders", "with_senders", is_flag=True, help="Also by sender, those with the most first.")
def funnel(sender: str | None, with_senders: bool) -> None:
    """Tell what became of every trap: where did mine die?"""
    settings = load()
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.web_host, settings.web_host)  # noqa: S104  (compared, not bound)
    known = msgspec.convert(probe.call(host, settings.web_port, FUNNEL_GET), Funnel)
    click.echo("\n".join(sender_lines(known, sender) if sender else lines(known, with_senders=with_senders)))


def lines(known: Funnel, *, with_senders: bool) -> Iterable[str]:
    """The funnel from top to bottom."""
    yield f"ingest, since {known.since:%Y-%m-%d %H:%M:%S} UTC (its start)"
    yield _line(known.received, "received", "Datagrams that came to the socket.")
    if known.kernel_dropped:
        yield _line(known.kernel_dropped, "dropped", "The kernel's receive buffer was full: these were never received.")
    yield from _reasons((*known.refused, *known.held))
    yield _line(known.accepted, "accepted", "They were decoded, and their senders are known.")
    if known.spool_dropped:
        yield _line(known.spool_dropped, "spool_dropped", "Neither Kafka nor the disk took them: they are lost.")
    if known.spooled:
        yield _line(known.spooled, "spooled", "They wait on disk for Kafka.")
    yield _line(known.stored, "stored", "They are in Kafka, test traps of the node not counted.")
    for stage in known.stages:
        since = f"since {stage.since:%Y-%m-%d %H:%M:%S} UTC" if stage.since else "nothing yet"
        yield f"{stage.stage}, {since}"
        yield _line(stage.read, "read", "Records that it has read.")
        yield from _reasons(stage.outcomes)
        if stage.waiting:
            yield _line(stage.waiting, "waiting", "They are in Kafka and not read yet.")
    if known.problem:
        yield known.problem
    if with_senders:
        for each in known.senders:
            yield from sender_lines(known, each.sender)


def sender_lines(known: Funnel, sender: str) -> Iterable[str]:
    """The funnel of one sender."""
    found = next((each for each in known.senders if each.sender == sender), None)
    yield "from all others" if sender == OTHERS else f"from {sender}"
    if found is None:
        yield (
            "  Nothing was received from it, or it is one of many and counted with the others. "
            "`tcpdump -ni any udp` shows whether its datagrams reach this machine."
        )
        return
    for stage, reasons in (("ingest", found.ingest), ("normalize", found.normalize), ("track", found.track)):
        yield f" {stage}"
        yield from _reasons(reasons)


def _reasons(reasons: Iterable[FunnelReason]) -> Iterable[str]:
    return (_line(each.count, each.reason, each.sentence) for each in reasons)


def _line(count: int, word: str, sentence: str) -> str:
    return f"  {count:>12,}  {word:<22} {sentence}"
