"""The publisher of one node. Moves records from Kafka into the grid, and the grid's frames to the router."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

import trapline
from trapline import site
from trapline.kafka.admin import ensure_topics
from trapline.kafka.reader import Follower
from trapline.kafka.records import Input
from trapline.protocol import topics, uris
from trapline.protocol.canary import is_canary
from trapline.protocol.codec import decode
from trapline.protocol.errors import KafkaUnavailable, RecordError, Refused, SettingError
from trapline.protocol.grid import Heartbeat, ServerDetail
from trapline.protocol.site_model import SiteModel
from trapline.protocol.status import Retirement, TargetStatus
from trapline.protocol.topics import Topic
from trapline.protocol.upkeep import MaintenanceList, RetirementList
from trapline.publish import upkeep
from trapline.publish.canaries import Canaries
from trapline.publish.grid import Grid
from trapline.publish.pacing import Pacer
from trapline.publish.proposing import Proposing
from trapline.publish.snapshots import Plain, Snapshots
from trapline.settings import Settings
from trapline.site.models import History
from trapline.site.retirement import proposals
from trapline.wamp.session import Door

_log = logging.getLogger("trapline.publish")
_POLL_S = 0.5
_RETRY_S = 1.0
_CLOGGED_S = 0.1
_Take = Callable[[list[Input]], list[str]]
R = TypeVar("R", TargetStatus, Retirement)


async def main(settings: Settings) -> None:
    """Until cancelled. Raises SettingError when the inventory or the router's secret is wrong."""
    publisher = Publisher(settings, site.load(settings.site), Door(settings))
    await publisher.run()


class Publisher:
    """Everything but `follow` of the first records happens after the grid is caught up with Kafka (law 4)."""

    def __init__(self, settings: Settings, inventory: site.Inventory, door: Door) -> None:
        self._settings = settings
        self._inventory = inventory
        self._door = door
        self._pacer = Pacer(settings.frame_interval_ms / 1000)
        self._changed = asyncio.Event()
        self._statuses: dict[str, TargetStatus] = {}
        self._retirements: dict[str, Retirement] = {}
        self._canaries = Canaries()
        self._history = History()
        self._proposing = Proposing()
        self._inventory_seen = self._inventory_taken = site.changed_at(settings.site)
        self._start_epoch()
        door.offer(uris.GRID_GET, self._grid_get)
        door.offer(uris.TARGET_GET, self._target_get)
        door.offer(uris.MAINTENANCE_GET, self._maintenance_get)
        door.offer(uris.RETIREMENTS_GET, self._retirements_get)

    def _start_epoch(self) -> None:
        epoch = uuid.uuid4().hex
        self._proposing.forget()
        self._grid = Grid(self._inventory, epoch)
        for target_id, retirement in self._retirements.items():
            self._grid.retire(target_id, retirement.target)
        for target_id, status in self._statuses.items():
            self._grid.update(target_id, status)
        self._grid.settle(datetime.now(UTC))
        self._snapshots = Snapshots(
            self._inventory,
            epoch,
            page_cells=self._settings.snapshot_page_cells,
            heartbeat_interval_s=self._settings.heartbeat_interval_s,
        )
        self._snapshots.start(self._grid.cells.values())

    async def run(self) -> None:
        """Until cancelled. The followers are not closed: they are in no group, and a thread may still poll them."""
        retirements = await self._caught_up(topics.RETIREMENTS, self._take_retirements)
        models = await self._caught_up(topics.SITE_MODEL, self._take_models)
        statuses = await self._caught_up(topics.STATUS, self._take_statuses)
        self._start_epoch()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._door.run())
            tasks.create_task(self._follow(statuses, self._take_statuses, self._show))
            tasks.create_task(self._follow(retirements, self._take_retirements, self._show_retirement))
            tasks.create_task(self._follow(models, self._take_models, self._show))
            tasks.create_task(self._send_frames())
            tasks.create_task(self._send_heartbeats())

    async def _follower(self, topic: Topic) -> Follower:
        while True:
            try:
                await asyncio.to_thread(ensure_topics, self._settings, [topic], patience_s=_POLL_S)
                return await asyncio.to_thread(Follower, self._settings, topic)
            except KafkaUnavailable as error:
                _log.warning("%s; trying again", error)
                await asyncio.sleep(_RETRY_S)

    async def _caught_up(self, topic: Topic, take: _Take) -> Follower:
        follower = await self._follower(topic)
        began = time.monotonic()
        records = 0
        while not follower.is_caught_up:
            batch = await self._poll(follower)
            records += len(batch)
            take(batch)
        _log.info("caught up with %s: %d records in %.1f s", topic.name, records, time.monotonic() - began)
        return follower

    async def _poll(self, follower: Follower) -> list[Input]:
        try:
            return await asyncio.to_thread(follower.poll, _POLL_S)
        except KafkaUnavailable as error:
            _log.warning("%s; trying again", error)
            return []

    async def _follow(self, follower: Follower, take: _Take, show: Callable[[str], None]) -> None:
        while True:
            if batch := await self._poll(follower):
                for target_id in take(batch):
                    show(target_id)
                self._changed.set()

    def _show(self, target_id: str) -> None:
        self._grid.update(target_id, self._statuses.get(target_id))

    def _show_retirement(self, target_id: str) -> None:
        retirement = self._retirements.get(target_id)
        if retirement is None:
            self._grid.restore(target_id, self._statuses.get(target_id))
        else:
            self._grid.retire(target_id, retirement.target)

    def _take_statuses(self, batch: list[Input]) -> list[str]:
        taken: list[str] = []
        for target_id, status in _newest(batch, TargetStatus):
            if is_canary(target_id):
                self._canaries.update(target_id, status)
                continue
            _keep(self._statuses, target_id, status)
            taken.append(target_id)
        return taken

    def _take_retirements(self, batch: list[Input]) -> list[str]:
        taken: list[str] = []
        for target_id, retirement in _newest(batch, Retirement):
            _keep(self._retirements, target_id, retirement)
            taken.append(target_id)
        return taken

    def _take_models(self, batch: list[Input]) -> list[str]:
        # No cell changes by it: what shows is the file that this node has.
        self._proposing.forget()
        for record in batch:
            try:
                if record.value is not None:
                    self._history.take(decode(record.value, SiteModel))
            except RecordError as error:
                _log.error("%s/%d@%d left out: %s", record.topic, record.partition, record.offset, error)
        return []

    async def _send_frames(self) -> None:
        while True:
            await self._changed.wait()
            await self._door.opened()
            await asyncio.sleep(_CLOGGED_S if self._door.is_clogged else self._pacer.wait_s(time.monotonic()))
            if self._door.is_clogged or not self._door.is_open:
                continue  # what changed goes in the first frame after the router reads again
            frame = self._grid.cut(datetime.now(UTC))
            if frame is not None:
                self._door.publish(uris.GRID_CHANGED, self._snapshots.apply(frame))
                self._pacer.sent(time.monotonic())
            if not self._grid.is_changed:
                self._changed.clear()

    async def _send_heartbeats(self) -> None:
        while True:
            now = datetime.now(UTC)
            self._grid.advance(now)
            if self._grid.is_changed:
                self._changed.set()
            if self._door.is_open:
                self._door.publish(uris.HEARTBEAT, self._heartbeat(now))
            await asyncio.sleep(self._settings.heartbeat_interval_s)
            await self._reload_inventory()

    async def _reload_inventory(self) -> None:
        before, self._inventory_seen = self._inventory_seen, site.changed_at(self._settings.site)
        # As operate's keeper: not in the moment in which it is written, half a file may say something.
        if self._inventory_seen != before or before == self._inventory_taken:
            return
        self._inventory_taken = before
        try:
            self._inventory = await asyncio.to_thread(site.load, self._settings.site)
        except SettingError as error:
            _log.error("%s; the wall keeps the inventory it has", error)
            return
        _log.info("the inventory has changed: %d servers", len(self._inventory.servers))
        # The tiers may differ, which no frame can say: everybody takes a new snapshot.
        self._start_epoch()

    def _heartbeat(self, now: datetime) -> Heartbeat:
        return Heartbeat(
            epoch=self._grid.epoch,
            frame=self._grid.frame,
            sent_at=now,
            version=trapline.__version__,
            canary_at=self._canaries.heard_at(self._settings.node_name),
            canary_interval_s=self._settings.canary_interval_s,
            blind=self._canaries.blind(),
            heard_retired=upkeep.heard_retired(self._retirements.values(), self._grid.server_of_retired, now),
        )

    async def _grid_get(self, page: int = 0, epoch: str | None = None, frame: int | None = None) -> Plain:
        if page == 0:
            return self._snapshots.first(self._grid.frame, time.monotonic())
        return self._snapshots.further(page, epoch, frame, time.monotonic())

    async def _target_get(self, server: str) -> ServerDetail:
        detail = self._grid.detail(server)
        if detail is None:
            raise Refused(uris.ERROR_UNKNOWN_TARGET, f"there is no server {server!r} on this wall", server=server)
        planned = upkeep.maintenance_list(self._grid.planned_on(server), datetime.now(UTC), upkeep.OCTETS_IN_DETAIL)
        return msgspec.structs.replace(detail, work=planned.work)

    async def _maintenance_get(self) -> MaintenanceList:
        return upkeep.maintenance_list(self._grid.planned(), datetime.now(UTC))

    async def _retirements_get(self) -> RetirementList:
        now = datetime.now(UTC)
        today, statuses = self._history.today(self._inventory, now), list(self._statuses.values())
        found = await self._proposing.ask(lambda: proposals(statuses, today, self._history.newest_first(), now))
        proposed = [one for one in found if one.target_id in self._statuses]
        return upkeep.retirement_list(self._retirements.values(), proposed, self._grid.server_of_retired)


def _newest(batch: list[Input], kind: type[R]) -> Iterator[tuple[str, R | None]]:
    """The last record of each target in a batch; None for a tombstone. What cannot be read is said and left out."""
    for key, record in {record.key: record for record in batch}.items():
        target_id = key.decode(errors="replace")
        try:
            yield target_id, _read(target_id, record.value, kind)
        except RecordError as error:
            _log.error("%s/%d@%d left out: %s", record.topic, record.partition, record.offset, error)


def _read(target_id: str, value: bytes | None, kind: type[R]) -> R | None:
    if value is None:
        return None
    record = decode(value, kind)
    if record.target.id != target_id:
        raise RecordError(f"the key is {target_id[:80]!r}, but it is about {record.target.id[:80]!r}")
    return record


def _keep(records: dict[str, R], target_id: str, record: R | None) -> None:
    if record is None:
        records.pop(target_id, None)
    else:
        records[target_id] = record
