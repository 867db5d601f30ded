"""The shell of normalize: `snmp-traps` in, events and what became none of them out."""

import logging
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Final

from trapline.document import read_text
from trapline.kafka.admin import ensure_topics
from trapline.kafka.dead_letter import dead_letter
from trapline.kafka.records import Input, Output
from trapline.kafka.stage import Stage
from trapline.kafka.tallies import Tallies
from trapline.mibs.names import Mibs
from trapline.mibs.store import load as load_mibs
from trapline.normalize.canary import canary_event, gap_event
from trapline.normalize.match import match
from trapline.normalize.rulebook import NO_MIBS, RuleBook, RuleFile, load
from trapline.protocol import canary, codec, topics
from trapline.protocol.canary import is_canary
from trapline.protocol.errors import RecordError
from trapline.protocol.tally import OTHERS
from trapline.protocol.traps import Trap, Unmatched
from trapline.settings import Settings

_log = logging.getLogger("trapline.normalize")
_STAGE = "normalize"

# A datagram of 65,535 octets, in hex and with its names, is far below this; so an unmatched trap always fits.
TRAP_OCTETS: Final = 800_000
_REASON_LENGTH: Final = 2_000
_KEY_LENGTH: Final = 500


SHIPPED: Final = Path(str(resources.files("trapline.normalize"))) / "rules"


def rule_paths(site: Path) -> list[Path]:
    """The site's rule files, then the shipped ones: the order in which they decide."""
    return [*sorted((site / "rules").glob("*.yaml")), *sorted(SHIPPED.glob("*.yaml"))]


def read_rule_file(path: Path) -> RuleFile:
    """Raises SettingError for a file that cannot be read."""
    shown = f"rules/{path.name}" if path.parent == SHIPPED else str(path)
    return RuleFile(shown, read_text(path, "make it readable UTF-8 or take it away"))


def load_rules(site: Path, mibs: Mibs = NO_MIBS) -> RuleBook:
    """All rules of a site. Raises SettingError with file, line and what is wrong."""
    return load((read_rule_file(path) for path in rule_paths(site)), mibs)


class Normalizer:
    """Decides a batch of traps. It has no state but what it has counted."""

    def __init__(self, rulebook: RuleBook, node: str = "") -> None:
        self._rulebook = rulebook
        self._node = node
        self.tallies = Tallies()

    def assigned(self, partitions: Sequence[int]) -> None:
        """Nothing to load."""

    def process(self, batch: Iterable[Input]) -> list[Output]:
        outputs = [self._decide(record) for record in batch]
        gap = self.tallies.take_gap()
        if gap is not None:
            told = gap_event(self._node, gap.from_at, datetime.now(UTC), gap.lost)
            outputs.append(Output(topics.ALERTS, told.target.id, codec.encode(told)))
        return outputs

    def _decide(self, record: Input) -> Output:
        value = record.value or b""
        if len(value) > TRAP_OCTETS:
            return self._dead(record, f"a trap of {len(value)} octets; UDP brings none that is over {TRAP_OCTETS}")
        try:
            trap = codec.decode(value, Trap)
        except RecordError as error:
            return self._dead(record, str(error))
        decided = canary_event(trap) if trap.trap_oid == canary.TRAP_OID else match(trap, self._rulebook)
        if isinstance(decided, str):
            is_known = trap.trap_oid == canary.TRAP_OID or bool(self._rulebook.candidates(trap.trap_oid))
            self._count(record, trap.source_addr, "unmatched" if is_known else "unknown_oid")
            unmatched = codec.encode(Unmatched(reason=decided[:_REASON_LENGTH], trap=trap))
            return Output(topics.SNMP_TRAPS_UNMATCHED, record.key.decode(errors="replace")[:_KEY_LENGTH], unmatched)
        self._count(record, trap.source_addr, "canary" if is_canary(decided.target.id) else "matched")
        return Output(topics.ALERTS, decided.target.id, codec.encode(decided))

    def _dead(self, record: Input, reason: str) -> Output:
        self._count(record, OTHERS, "unreadable")
        _log.warning("%s/%d offset %d: %s", record.topic, record.partition, record.offset, reason)
        now = datetime.now(UTC)
        return dead_letter(record, topics.SNMP_TRAPS_DEAD, stage=_STAGE, reason=reason, recorded_at=now)

    def _count(self, record: Input, sender: str, outcome: str) -> None:
        self.tallies.count(record.topic, record.partition, sender, outcome)


def run(configuration: Settings, stop: threading.Event) -> None:
    """Normalizes until `stop` is set."""
    rulebook = load_rules(configuration.site, load_mibs(configuration.home))
    _log.info("%d rules", len(rulebook.rules))
    ensure_topics(configuration)
    Stage(configuration, _STAGE, (topics.SNMP_TRAPS,), Normalizer(rulebook, configuration.node_name)).run(stop)
