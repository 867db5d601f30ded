"""`trapline replay`: stored traps run again through corrected rules."""

import re
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click

from trapline.cli.counted import counted
from trapline.kafka.admin import ensure_topics
from trapline.kafka.exclusive import Exclusive
from trapline.kafka.reader import read_to_end
from trapline.kafka.records import Output
from trapline.mibs import store
from trapline.normalize.component import read_rule_file, rule_paths
from trapline.normalize.replay import Difference, Said, differences
from trapline.normalize.rulebook import load as load_rules
from trapline.protocol import canary, codec
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.canary import is_canary
from trapline.protocol.errors import RecordError, SettingError
from trapline.protocol.topics import ALERTS, SNMP_TRAPS, SNMP_TRAPS_UNMATCHED
from trapline.protocol.traps import Trap, Unmatched
from trapline.settings import Settings, load

_AGO: Final = re.compile(r"(\d+)([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Kafka's timestamps are of another clock than the traps'.
_MARGIN: Final = timedelta(hours=1)
_SAMPLES: Final = 3
_TOLD_EVERY: Final = 50_000
_WRITTEN_TOGETHER: Final = 500


class _Range:
    """Which stored traps: received in [from_at, to_at), of one trap OID or of any."""

    def __init__(self, settings: Settings, from_at: datetime, to_at: datetime, trap_oid: str | None) -> None:
        self._settings = settings
        self._from_at = from_at
        self._to_at = to_at
        self._trap_oid = trap_oid
        self._since = None if from_at == _EARLIEST else from_at - _MARGIN

    def _holds(self, received_at: datetime, trap_oid: str) -> bool:
        is_wanted = self._trap_oid in {None, trap_oid} and trap_oid != canary.TRAP_OID
        return is_wanted and self._from_at <= received_at < self._to_at

    def said(self) -> Said:
        """What these traps said until now."""
        said = Said()
        for record in read_to_end(self._settings, ALERTS, since=self._since):
            try:
                event = codec.decode(record.value or b"", AlertEvent)
            except RecordError:
                continue  # track has made a dead letter of it
            if not is_canary(event.target.id) and self._holds(event.received_at, event.provenance.trap_oid):
                said.hear(event, record.value or b"")
        return said

    def traps(self, *, unmatched: bool) -> Iterator[Trap]:
        """Each trap once, in the order of their senders; of `unmatched` those that no rule took."""
        seen: set[str] = set()
        topic = SNMP_TRAPS_UNMATCHED if unmatched else SNMP_TRAPS
        for record in read_to_end(self._settings, topic, since=self._since):
            value = record.value or b""
            try:
                trap = codec.decode(value, Unmatched).trap if unmatched else codec.decode(value, Trap)
            except RecordError:
                continue  # a dead letter, with the reason
            if self._holds(trap.received_at, trap.trap_oid) and trap.trap_id not in seen:
                seen.add(trap.trap_id)
                yield trap


@click.command()
@click.option(
    "--from",
    "from_",
    required=True,
    metavar="TIME",
    help="all, 2h ago as 2h, or 2026-11-23T13:00Z. Bounds the memory, see above.",
)
@click.option("--to", metavar="TIME", help="Until then; until now when left out.")
@click.option("--trap-oid", metavar="OID", help="Only traps of this OID.")
@click.option("--unmatched", is_flag=True, help="Only traps that no rule took.")
@click.option(
    "--rule",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The corrected rules, as if FILE lay in the site's folder; may be given more than once.",
)
@click.option("--rules", "is_site", is_flag=True, help="The site's rules, as they are now.")
@click.option("--yes", is_flag=True, help="Write the events. Without it only what would change is told.")
def replay(
    *,
    from_: str,
    to: str | None,
    trap_oid: str | None,
    unmatched: bool,
    files: tuple[Path, ...],
    is_site: bool,
    yes: bool,
) -> None:
    """Run stored traps again through corrected rules: --rule FILE, or --rules for those of the site.

    What a trap said before is read from Kafka. Traps that mean the same by these rules change nothing, and nothing
    counts twice: a replay that was cut off, or is run a second time, does what is left to do.

    Everything that the traps from --from to --to said is held in memory, 1.6 kB an OEM trap: with --from all that is
    every event in Kafka. Replay a long time in parts, --from and --to a day each, or with --trap-oid.
    """
    if bool(files) == is_site:
        raise SettingError("say by which rules: --rule FILE for corrected ones, or --rules for those of the site")
    settings = load()
    now = datetime.now(UTC)
    in_place = {path.resolve() for path in rule_paths(settings.site)}
    strangers = [path for path in files if path.resolve() not in in_place]
    paths = [*strangers, *rule_paths(settings.site)]
    rulebook = load_rules((read_rule_file(path) for path in paths), store.load(settings.home))
    wanted = _Range(settings, _time(from_, now), min(_time(to, now) if to else now, now), trap_oid)
    ensure_topics(settings, (SNMP_TRAPS, SNMP_TRAPS_UNMATCHED, ALERTS), patience_s=10)
    # Before anything is read: what another replay has under way is settled by that, and it cannot go on.
    writer = Exclusive(settings, "replay") if yes else None
    replay_id = f"{int(now.timestamp() * 1e6):014x}{secrets.token_hex(6)}"
    said = wanted.said()
    count = 0
    found: list[Difference] = []
    for count, trap in enumerate(wanted.traps(unmatched=unmatched), 1):
        found.extend(differences(trap, said.of(trap.trap_id), rulebook, replay_id))
        if count % _TOLD_EVERY == 0:
            click.echo(f"{count:,} traps read", err=True)
    found.sort(key=lambda each: each.event.trap_id)  # stable: what is withdrawn of a trap stays before what is said
    _tell(count, found)
    if writer is None:
        click.echo(f"nothing is written; --yes writes {counted(len(found), 'event')}" if found else "nothing to write")
        return
    for start in range(0, len(found), _WRITTEN_TOGETHER):
        part = [each.event for each in found[start : start + _WRITTEN_TOGETHER]]
        writer.write(Output(ALERTS, event.target.id, codec.encode(event)) for event in part)
        if len(found) > _TOLD_EVERY:
            click.echo(f"{start + len(part):,} of {len(found):,} events written", err=True)
    click.echo(f"{counted(len(found), 'event')} written" + (f", replay {replay_id}" if found else ""))
    if strangers:
        click.echo(
            f"The next trap is decided by the site's rules: put {', '.join(map(str, strangers))} into "
            f"{settings.site / 'rules'} and start normalize again"
        )


def _tell(count: int, found: list[Difference]) -> None:
    changed = len({each.event.trap_id for each in found})
    click.echo(f"{count:,} traps, {changed:,} mean something else by these rules")
    counts = Counter(each.sentence for each in found)
    for sentence, often in counts.most_common():
        click.echo(f"{often:>8,}  {sentence}")
        samples = [each.event for each in found if each.sentence == sentence][:_SAMPLES]
        for event in samples:
            click.echo(
                f"          {event.received_at:%Y-%m-%d %H:%M:%S}Z {event.target.id} {event.alert_key}: {event.message}"
            )


def _time(text: str, now: datetime) -> datetime:
    if text == "all":
        return _EARLIEST
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SettingError(f"{text!r} is no time; write all, 2h (ago), or 2026-11-23T13:00Z") from None
    return at.astimezone(UTC)  # without a zone it is this machine's time
