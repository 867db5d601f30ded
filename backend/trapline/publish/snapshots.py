"""Snapshots in pages that stay what they were while a client reads them (law 4). Pure.

Page 0 pins (epoch, frame); the other pages are of the same. Every cell is made into plain values once, when it
changed, and shared by all pages and snapshots that hold it; all who ask between two frames share one snapshot.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from trapline.protocol import uris
from trapline.protocol.errors import Refused
from trapline.protocol.grid import UNPLACED, Cell, GridFrame, GridPage, ServerType, Tier
from trapline.publish.size import MOST_OCTETS, octets_of
from trapline.site import Inventory

LIFETIME_S: Final = 30.0
MOST_PINNED: Final = 128

Plain = dict[str, Any]


class Snapshots:
    """All snapshots of one epoch that somebody may still be reading. `now` is seconds of a steady clock."""

    def __init__(self, inventory: Inventory, epoch: str, *, page_cells: int, heartbeat_interval_s: float) -> None:
        self._epoch = epoch
        self._page_cells = page_cells
        self._head = _head(inventory, epoch, heartbeat_interval_s)
        self._head_octets = octets_of(self._head)
        self._cells: dict[str, Plain] = {}
        self._octets: dict[str, int] = {}
        self._pinned: OrderedDict[int, tuple[float, tuple[Plain, ...]]] = OrderedDict()

    def start(self, cells: Iterable[Cell]) -> None:
        """The cells of frame 0."""
        for cell in cells:
            self._keep(cell, msgspec.to_builtins(cell))

    def apply(self, frame: GridFrame) -> Plain:
        """Takes a frame in. Returns it as plain values: the same cells are sent and kept."""
        plain: Plain = msgspec.to_builtins(frame)
        for cell, values in zip(frame.cells, plain.get("cells", ()), strict=True):
            self._keep(cell, values)
        for server in frame.removed:
            del self._cells[server], self._octets[server]
        return plain

    def _keep(self, cell: Cell, values: Plain) -> None:
        self._cells[cell.server] = values
        self._octets[cell.server] = octets_of(cell)

    def first(self, frame: int, now: float) -> Plain:
        """Page 0 of the grid as it is after `frame`, and pins it."""
        self._forget(now)
        pinned = self._pinned.pop(frame, None)
        pages = pinned[1] if pinned else self._pages(frame)
        self._pinned[frame] = (now, pages)
        return pages[0]

    def further(self, page: int, epoch: str | None, frame: int | None, now: float) -> Plain:
        """A page of a pinned snapshot. Raises Refused when it is no longer there, or has no such page."""
        self._forget(now)
        pinned = self._pinned.get(frame) if frame is not None and epoch == self._epoch else None
        if pinned is None:
            raise Refused(
                uris.ERROR_SNAPSHOT_EXPIRED,
                f"the snapshot of frame {frame} in epoch {epoch} is no longer kept; begin again with page 0",
            )
        pages = pinned[1]
        if not 0 <= page < len(pages):
            raise Refused(
                uris.ERROR_INVALID_ARGUMENT, f"there is no page {page}; this snapshot has pages 0 to {len(pages) - 1}"
            )
        return pages[page]

    def _pages(self, frame: int) -> tuple[Plain, ...]:
        pages: list[list[Plain]] = [[]]
        octets = self._head_octets
        for server, cell in self._cells.items():
            if len(pages[-1]) == self._page_cells or octets >= MOST_OCTETS:
                pages.append([])
                octets = self._head_octets
            pages[-1].append(cell)
            octets += self._octets[server]
        return tuple(
            {**self._head, "frame": frame, "page": number, "pages": len(pages), "cells": cells}
            for number, cells in enumerate(pages)
        )

    def _forget(self, now: float) -> None:
        # The order is that of the last first page, so the oldest stand in front.
        while self._pinned:
            at, _ = next(iter(self._pinned.values()))
            if len(self._pinned) < MOST_PINNED and now - at < LIFETIME_S:
                break
            self._pinned.popitem(last=False)


def _head(inventory: Inventory, epoch: str, heartbeat_interval_s: float) -> Plain:
    page = GridPage(
        epoch=epoch,
        frame=0,
        page=0,
        pages=1,
        site=inventory.site,
        time_zone=inventory.time_zone,
        tiers=(
            *(Tier(id=tier.id, label=tier.label or tier.id) for tier in inventory.tiers),
            Tier(id=UNPLACED, label="Not in the inventory"),
        ),
        server_types=tuple(ServerType(id=kind.id, label=kind.label or kind.id) for kind in inventory.server_types),
        heartbeat_interval_s=heartbeat_interval_s,
        cells=(),
    )
    head: Plain = msgspec.to_builtins(page)
    return head
