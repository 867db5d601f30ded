"""The inventory as a record of `site-model`, and back. Pure."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from trapline.protocol.errors import RecordError
from trapline.protocol.site_model import SiteModel
from trapline.site.model import Inventory

MOST_KEPT: Final = 20
_MOST_OCTETS: Final = 64 << 20


class InForce(NamedTuple):
    """An inventory, and since when it was in force."""

    since_at: datetime
    inventory: Inventory


def model_of(inventory: Inventory, node: str, now: datetime, before: SiteModel | None = None) -> SiteModel:
    """The record that puts an inventory in force at `now`, after `before` whatever the clock says."""
    octets = msgspec.json.encode(inventory)
    digest = _digest(octets)
    since_at = now.astimezone(UTC)
    if before is not None:
        since_at = max(since_at, before.since_at.astimezone(UTC) + timedelta(microseconds=1))
    return SiteModel(
        version=f"{since_at:%Y-%m-%dT%H:%M:%S.%fZ}-{digest[:8]}",
        since_at=since_at,
        node=node,
        digest=digest,
        inventory=zlib.compress(octets),
    )


def in_force(model: SiteModel) -> InForce:
    """What a record says. Raises RecordError for one that cannot be read."""
    inflating = zlib.decompressobj()
    try:
        octets = inflating.decompress(model.inventory, _MOST_OCTETS)
        inventory = msgspec.json.decode(octets, type=Inventory)
    except (zlib.error, msgspec.DecodeError) as error:
        raise RecordError(f"the inventory of version {model.version} cannot be read: {error}") from error
    return InForce(model.since_at, inventory)


def newest(models: Iterable[SiteModel]) -> SiteModel | None:
    """The one in force."""
    return max(models, key=lambda model: model.version, default=None)


class History:
    """The newest inventories, oldest forgotten first; they stay deflated until somebody asks."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._models: dict[str, SiteModel] = {}

    def take(self, model: SiteModel) -> None:
        """In whatever order they come. Raises RecordError for one that cannot be read."""
        in_force(model)
        self._models[model.version] = model
        if len(self._models) > self._most:
            del self._models[min(self._models)]

    def today(self, inventory: Inventory, now: datetime) -> InForce:
        """The inventory that holds now, and since when; not yet written, it holds since `now`."""
        model = newest(self._models.values())
        is_written = model is not None and model.digest == _digest(msgspec.json.encode(inventory))
        return InForce(model.since_at if model is not None and is_written else now, inventory)

    def newest_first(self) -> Iterator[InForce]:
        """Each is read when it is its turn."""
        models = dict(self._models)
        return (in_force(models[version]) for version in sorted(models, reverse=True))


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
