"""What a client must make of pages, frames and heartbeats (design, law 4), in the fewest lines that are right.

The golden files are read by vitest too: web/src/core/grid-reducer.ts must come to the same.
"""

from typing import Any

Plain = dict[str, Any]


class Client:
    """`cells` by server as on the glass, `position` their (epoch, frame); `is_in_sync` while nothing is missing."""

    def __init__(self) -> None:
        self.position: tuple[str, int] | None = None
        self.cells: dict[str, Plain] = {}
        self._pages: list[Plain] = []
        self._held: dict[tuple[str, int], Plain] = {}
        self._heard: tuple[str, int] | None = None

    @property
    def is_in_sync(self) -> bool:
        return self.position is not None and self._heard in {None, self.position}

    def take(self, step: Plain) -> None:
        """One step of a golden file."""
        if "page" in step:
            self._take_page(step["page"])
        elif "frame" in step:
            frame = step["frame"]
            self._held[frame["epoch"], frame["frame"]] = frame
            self._hear(frame)
        else:
            self._hear(step["heartbeat"])
        self._drain()

    def _hear(self, said: Plain) -> None:
        at = (said["epoch"], said["frame"])
        if self._heard is None or self._heard[0] != at[0] or self._heard[1] < at[1]:
            self._heard = at

    def _take_page(self, page: Plain) -> None:
        if page["page"] == 0:
            self._pages = []
        self._pages.append(page)
        if len(self._pages) == page["pages"]:
            self.cells = {cell["server"]: cell for one in self._pages for cell in one["cells"]}
            self.position = (page["epoch"], page["frame"])
            if self._heard is None or self._heard[0] != page["epoch"] or self._heard[1] < page["frame"]:
                self._heard = self.position

    def _drain(self) -> None:
        while self.position is not None:
            epoch, frame = self.position
            following = self._held.pop((epoch, frame + 1), None)
            if following is None:
                return
            self.cells |= {cell["server"]: cell for cell in following.get("cells", [])}
            for server in following.get("removed", []):
                del self.cells[server]
            self.position = (epoch, frame + 1)
