"""Writes the inventory in force to `site-model`, and what it retires to `commands`, whenever the file has changed.

Here and not in publish, which only reads: what the inventory says is a decision as an operator's is. The commands come
first: where the node dies between them and the model, the next start finds the file new and writes them again, under
the same ids. What is in force already, whichever node wrote it, is not written again.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeVar

from trapline import site
from trapline.kafka.admin import ensure_topics
from trapline.kafka.producer import Producer
from trapline.kafka.reader import read_to_end
from trapline.protocol import topics
from trapline.protocol.codec import decode, encode
from trapline.protocol.commands import INVENTORY, Action, Command
from trapline.protocol.errors import KafkaUnavailable, RecordError, SettingError
from trapline.protocol.record import Record
from trapline.protocol.site_model import SiteModel
from trapline.protocol.status import TargetStatus
from trapline.settings import Settings
from trapline.site.models import in_force, model_of, newest
from trapline.site.retirement import decided

_log = logging.getLogger("trapline.operate.keeper")
_PATIENCE_S: Final = 5.0
_LOOK_S: Final = 1.0

R = TypeVar("R", SiteModel, TargetStatus)


class _Letter(NamedTuple):
    topic: topics.Topic
    key: str
    record: Record


class Keeper:
    """Looks at the file each second, and takes it when it was the same twice."""

    def __init__(self, settings: Settings, producer: Producer) -> None:
        self._settings = settings
        self._producer = producer

    async def run(self) -> None:
        """Until cancelled."""
        seen: int | None = None
        kept: int | None = None
        while True:
            changed_at = site.changed_at(self._settings.site)
            # Not in the moment in which it is written: half a file may say something, and a half pattern too much.
            is_at_rest, seen = changed_at == seen, changed_at
            if is_at_rest and changed_at != kept:
                try:
                    await asyncio.to_thread(self.keep, datetime.now(UTC))
                    kept = changed_at
                except SettingError as error:
                    _log.error("%s; the inventory in force stays as it is", error)
                    kept = changed_at
                except KafkaUnavailable as error:
                    _log.warning("the inventory is not yet in site-model: %s; trying again", error)
            self._producer.poll()  # what the client says of an outage is told when it happens
            await asyncio.sleep(_LOOK_S)

    def keep(self, now: datetime) -> SiteModel | None:
        """Writes the inventory when it is not in force. Raises SettingError, KafkaUnavailable."""
        inventory = site.load(self._settings.site)
        ensure_topics(self._settings, [topics.SITE_MODEL, topics.COMMANDS, topics.STATUS], patience_s=_PATIENCE_S)
        before = newest(self._read(topics.SITE_MODEL, SiteModel))
        model = model_of(inventory, self._settings.node_name, now, before)
        if before is not None and before.digest == model.digest:
            return None
        commands = self._retiring(inventory, before, model, now)
        self._deliver(_Letter(topics.COMMANDS, command.target_id, command) for command in commands)
        self._deliver([_Letter(topics.SITE_MODEL, model.version, model)])
        _log.info("inventory %s is in force; it retires %d targets", model.version, len(commands))
        return model

    def _retiring(
        self, inventory: site.Inventory, before: SiteModel | None, model: SiteModel, now: datetime
    ) -> list[Command]:
        if not inventory.retired:
            return []
        try:
            known_before = in_force(before).inventory if before else None
        except RecordError as error:
            _log.error("%s; so nothing is retired by this change", error)
            return []
        targets = [status.target for status in self._read(topics.STATUS, TargetStatus)]
        return [
            Command(
                command_id=f"{INVENTORY}/{model.digest[:16]}/{each.target_id}",
                action=Action.RETIRE,
                target_id=each.target_id,
                operator=INVENTORY,
                issued_at=now,
                note=each.reason,
            )
            for each in decided(targets, inventory, known_before)
        ]

    def _read(self, topic: topics.Topic, kind: type[R]) -> list[R]:
        """The last record of each key. What cannot be read is said and left out."""
        found: list[R] = []
        for record in {each.key: each for each in read_to_end(self._settings, topic)}.values():
            try:
                found += [decode(record.value, kind)] if record.value is not None else []
            except RecordError as error:
                _log.error("%s/%d@%d left out: %s", record.topic, record.partition, record.offset, error)
        return found

    def _deliver(self, letters: Iterable[_Letter]) -> None:
        failed: list[KafkaUnavailable] = []

        def report(error: KafkaUnavailable | None) -> None:
            if error is not None:
                failed.append(error)

        for letter in letters:
            self._producer.send(letter.topic, letter.key, encode(letter.record), report)
        outstanding = self._producer.flush(_PATIENCE_S + 1)
        if failed or outstanding:
            raise failed[0] if failed else KafkaUnavailable(f"{outstanding} records are not yet accepted")
