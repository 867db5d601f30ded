"""What a person would see: the wall in a browser, and the wall as the node tells it."""

import os
import shutil
import sys
import uuid
from contextlib import closing
from pathlib import Path

import msgspec
from playwright.sync_api import Page

from tests.foreign_client import ForeignClient
from tests.running_node import RunningNode
from trapline import site
from trapline.protocol import uris
from trapline.protocol.alerts import Target
from trapline.protocol.grid import Cell, GridPage
from trapline.simulate.catalogue import targets_of

PATIENCE_S = 30.0
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """The path of a Chromium: the one that `make test` unpacks into the virtual environment, or the system's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    found = next(filter(None, (shutil.which(name, path=path) for name in _BROWSERS)), None)
    assert found, f"no browser: none of {', '.join(_BROWSERS)} is in {path}; run .ci/system-parts"
    return found


def main_target(node: RunningNode, server: str) -> Target:
    """The target that a server of the site is there for."""
    inventory = site.load(node.settings.site)
    return targets_of(next(each for each in inventory.servers if each.name == server))[0]


def new_sequence_id() -> str:
    """OEM's name of an issue: 32 hex digits."""
    return uuid.uuid4().hex.upper()


def cells_of(node: RunningNode) -> dict[str, Cell]:
    """The whole grid by server, as a client gets it that is not ours."""
    with closing(ForeignClient(node.settings.web_port)) as client:
        return read_cells(client)


def read_cells(client: ForeignClient) -> dict[str, Cell]:
    """The whole grid by server."""
    first = msgspec.convert(client.call_when_served(uris.GRID_GET), GridPage)
    further = [
        msgspec.convert(client.call(uris.GRID_GET, number, first.epoch, first.frame), GridPage)
        for number in range(1, first.pages)
    ]
    return {cell.server: cell for page in (first, *further) for cell in page.cells}


class Glass:
    """The wall in a page. Everything waits for what it says, up to PATIENCE_S."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE_S * 1000)
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, url: str) -> "Glass":
        """Loads the wall and waits until it is live."""
        self.page.goto(url)
        return self.live()

    def live(self) -> "Glass":
        self.page.wait_for_selector("html[data-connection=live]", state="attached")
        return self

    def lost(self) -> None:
        """Until the page says that it is not connected."""
        self.page.wait_for_selector("html[data-connection=waiting], html[data-connection=opening]", state="attached")

    def shows(self, server: str, severity: str) -> None:
        """Until the cell of `server` has this severity."""
        self.page.wait_for_selector(f'[data-server="{server}"][data-severity="{severity}"]')

    @property
    def transport(self) -> str:
        return self._attribute("data-transport")

    @property
    def epoch(self) -> str:
        return self._attribute("data-epoch")

    def _attribute(self, name: str) -> str:
        return self.page.get_attribute("html", name) or ""

    def cells(self) -> dict[str, str]:
        """Severity by server, of all cells on the page."""
        script = "cells => cells.map(each => [each.dataset.server, each.dataset.severity])"
        return dict(self.page.eval_on_selector_all("[data-server]", script))
