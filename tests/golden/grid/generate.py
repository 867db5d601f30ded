"""Writes the golden files of the grid's protocol: `python -m tests.golden.grid.generate`. A test holds them fresh.

Pages and frames come from the publisher's own grid; a story then loses, doubles and interleaves them. Each file:

    description  what happens, in a sentence
    steps        in order, each {"page"|"frame"|"heartbeat": the record, "in_sync": whether nothing is missing then}
    expected     {"epoch", "frame", "cells": the cells by server} after the last step
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tests.golden.grid.client import Client
from trapline import site
from trapline.protocol.alerts import Incident, Target
from trapline.protocol.grid import Heartbeat
from trapline.protocol.severity import Severity
from trapline.protocol.status import Acknowledgement, OpenAlert, SeverityChange, TargetStatus
from trapline.publish.grid import Grid
from trapline.publish.snapshots import Snapshots

FOLDER = Path(__file__).parent
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
INVENTORY = site.parse("""\
site: Claims platform
time_zone: Europe/Zurich
tiers: [{id: web, label: Web}, {id: db, label: Database}]
server_types: [{id: host, label: Host}, {id: oracle, label: Oracle}]
servers:
  - {name: web-01, tier: web, type: host}
  - {name: web-02, tier: web, type: host}
  - {name: db-01, tier: db, type: oracle}
  - {name: db-02, tier: db, type: oracle}
""")
Plain = dict[str, Any]


class Story:
    """A publisher's run, and what of it one client hears."""

    def __init__(self, epoch: str = "first", inventory: site.Inventory = INVENTORY) -> None:
        self.steps: list[Plain] = []
        self._minutes = 0
        self.start(epoch, inventory)

    def start(self, epoch: str, inventory: site.Inventory = INVENTORY) -> None:
        """A new publisher: nothing is known yet."""
        self._grid = Grid(inventory, epoch)
        self._snapshots = Snapshots(inventory, epoch, page_cells=2, heartbeat_interval_s=2.0)
        self._grid.settle(NOON)
        self._snapshots.start(self._grid.cells.values())

    def changed(self, server: str, severity: Severity, **alert: Any) -> "Story":
        """A status arrives at the publisher; a minute passes."""
        self._minutes += 1
        at = NOON + timedelta(minutes=self._minutes)
        before = NOON - timedelta(hours=1)
        self._grid.update(f"host:{server}", status_of(server, severity, before, at, **alert))
        return self

    def forgotten(self, server: str) -> "Story":
        """A tombstone arrives at the publisher."""
        self._grid.update(f"host:{server}", None)
        return self

    def frame(self) -> Plain:
        """The publisher sends a frame; the client hears it when it is given to `hears`."""
        frame = self._grid.cut(NOON + timedelta(minutes=self._minutes))
        assert frame is not None
        return {"frame": self._snapshots.apply(frame)}

    def page(self, page: int, of: Plain | None = None) -> Plain:
        """The publisher answers with a page: the first, or a further one of the snapshot that began with `of`."""
        if of is None:
            return {"page": self._snapshots.first(self._grid.frame, 0)}
        first = of["page"]
        return {"page": self._snapshots.further(page, first["epoch"], first["frame"], 0)}

    def snapshot(self) -> list[Plain]:
        """All pages."""
        first = self.page(0)
        return [first, *(self.page(page, first) for page in range(1, first["page"]["pages"]))]

    def heartbeat(self) -> Plain:
        """The publisher lives."""
        heartbeat = Heartbeat(
            epoch=self._grid.epoch,
            frame=self._grid.frame,
            sent_at=NOON + timedelta(minutes=self._minutes),
            version="0.1.0",
            canary_at=NOON,
            canary_interval_s=5.0,
        )
        return {"heartbeat": msgspec.to_builtins(heartbeat)}

    def hears(self, *steps: Plain) -> None:
        """What reaches the client, in order."""
        self.steps += steps

    def document(self, description: str) -> Plain:
        """The golden file; ends in sync, with exactly what the publisher has."""
        client = Client()
        steps: list[Plain] = []
        for step in self.steps:
            client.take(step)
            steps.append({**step, "in_sync": client.is_in_sync})
        assert client.is_in_sync
        assert client.cells == {server: msgspec.to_builtins(cell) for server, cell in self._grid.cells.items()}
        return {
            "description": description,
            "steps": steps,
            "expected": {"epoch": self._grid.epoch, "frame": self._grid.frame, "cells": client.cells},
        }


def status_of(
    server: str, severity: Severity, before: datetime, at: datetime, *, owner: str | None = None, acknowledged: str = ""
) -> TargetStatus:
    """A host that was healthy from `before` on and has had `severity` since `at`."""
    alert = OpenAlert(
        alert_key="C0FFEE",
        severity=severity,
        message=f"{server} is {severity}",
        rule_id="oem-event",
        raised_at=at,
        last_seen_at=at,
        last_trap_id="0",
        incident=Incident(id="4711", owner=owner) if owner else None,
    )
    return TargetStatus(
        target=Target(name=server, type="host", host=f"{server}.example.com"),
        severity=severity,
        since=at,
        last_heard_at=at,
        reason="golden",
        rule_id="oem-event",
        open_alerts=() if severity is Severity.CLEARED else (alert,),
        acknowledgement=Acknowledgement(operator=acknowledged, at=at, note="on it") if acknowledged else None,
        changes=(
            SeverityChange(at=before, severity=Severity.CLEARED),
            SeverityChange(at=at, severity=severity),
        ),
    )


def _a_fresh_snapshot() -> Plain:
    story = Story()
    story.changed("web-01", Severity.CLEARED).changed("db-01", Severity.CRITICAL, owner="dba", acknowledged="anna")
    story.frame()
    story.hears(*story.snapshot())
    return story.document("A browser opens: two pages, of cells healthy, failing, acknowledged and never heard of.")


def _an_empty_site() -> Plain:
    story = Story(inventory=site.Inventory(site="Empty"))
    story.hears(*story.snapshot(), story.heartbeat())
    return story.document("A site without servers of which nothing was heard: one page without cells.")


def _frames_before_and_after() -> Plain:
    story = Story()
    old = story.changed("web-01", Severity.MINOR).frame()
    story.hears(old, story.changed("web-01", Severity.MAJOR).frame())
    story.hears(*story.snapshot())
    story.hears(story.changed("web-01", Severity.CLEARED).changed("stranger", Severity.WARNING).frame())
    story.hears(
        story.heartbeat(), story.forgotten("stranger").forgotten("web-02").changed("db-02", Severity.MINOR).frame()
    )
    return story.document("Frames that the snapshot holds are dropped; later ones are applied, one removes a cell.")


def _a_frame_between_two_pages() -> Plain:
    story = Story()
    first = story.page(0)
    change = story.changed("web-01", Severity.CRITICAL).changed("db-02", Severity.CRITICAL).frame()
    story.hears(first, change, story.page(1, first))
    return story.document("A frame comes between two pages of a snapshot: the pages stay those of their frame.")


def _doubled_frames() -> Plain:
    story = Story()
    story.hears(*story.snapshot())
    worse = story.changed("web-01", Severity.MAJOR).frame()
    better = story.changed("web-01", Severity.CLEARED).frame()
    story.hears(worse, worse, better, worse, better)
    return story.document("Frames come twice, also after a later one: an old frame never comes back.")


def _a_lost_frame() -> Plain:
    story = Story()
    story.hears(*story.snapshot())
    story.changed("web-01", Severity.MAJOR).frame()
    story.hears(story.changed("web-02", Severity.MINOR).frame(), story.heartbeat())
    story.hears(*story.snapshot(), story.changed("db-01", Severity.WARNING).frame())
    return story.document("A frame is lost: the gap is seen at the next frame, and a new snapshot heals it.")


def _a_lost_last_frame() -> Plain:
    story = Story()
    story.hears(*story.snapshot(), story.heartbeat())
    story.changed("web-01", Severity.MAJOR).frame()
    story.hears(story.heartbeat(), *story.snapshot())
    return story.document("The last frame before a silence is lost: the heartbeat says so.")


def _a_new_epoch() -> Plain:
    story = Story()
    story.hears(*story.snapshot(), story.changed("web-01", Severity.MAJOR).frame())
    story.start("second")
    story.changed("web-01", Severity.MAJOR).changed("db-01", Severity.MAJOR)
    story.hears(story.frame(), *story.snapshot(), story.changed("db-01", Severity.CLEARED).frame(), story.heartbeat())
    return story.document("The publisher is another one: its frames have the same numbers and are of another epoch.")


def _a_new_epoch_in_silence() -> Plain:
    story = Story()
    story.hears(*story.snapshot(), story.changed("web-01", Severity.MAJOR).frame())
    story.start("second")
    story.hears(story.heartbeat(), *story.snapshot())
    return story.document("The publisher is another one and knows nothing yet: the heartbeat says so.")


def _a_snapshot_begun_again() -> Plain:
    story = Story()
    expired = story.page(0)
    frames = [story.changed("web-01", Severity.MAJOR).frame(), story.changed("db-01", Severity.MINOR).frame()]
    story.hears(expired, *frames, *story.snapshot())
    return story.document("A snapshot expires between two pages: page 0 of a newer one begins it again.")


STORIES: dict[str, Callable[[], Plain]] = {
    "a-fresh-snapshot": _a_fresh_snapshot,
    "an-empty-site": _an_empty_site,
    "frames-before-and-after": _frames_before_and_after,
    "a-frame-between-two-pages": _a_frame_between_two_pages,
    "doubled-frames": _doubled_frames,
    "a-lost-frame": _a_lost_frame,
    "a-lost-last-frame": _a_lost_last_frame,
    "a-new-epoch": _a_new_epoch,
    "a-new-epoch-in-silence": _a_new_epoch_in_silence,
    "a-snapshot-begun-again": _a_snapshot_begun_again,
}


def text_of(story: str) -> str:
    """A golden file's text."""
    return json.dumps(STORIES[story](), indent=1) + "\n"


if __name__ == "__main__":
    for name in STORIES:
        (FOLDER / f"{name}.json").write_text(text_of(name))
