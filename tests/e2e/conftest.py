"""One node for all that leaves it whole, with a v3 user for every algorithm; and a browser for a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.glass import Glass, chromium
from tests.e2e.net_snmp import NetSnmp, write_credentials
from tests.running_node import RunningNode


@pytest.fixture(scope="session")
def node() -> Iterator[RunningNode]:
    """The whole node's fixture, with credentials that were there before its first start."""
    running = RunningNode(TRAPLINE_CANARY_INTERVAL_S="1")
    write_credentials(running.settings.credentials_file)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="session")
def net_snmp(node: RunningNode, tmp_path_factory: pytest.TempPathFactory) -> NetSnmp:
    return NetSnmp(node.trap_port, tmp_path_factory.mktemp("net-snmp"))


# Not for the session: Playwright runs an event loop in this thread for as long as it lives.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield launched
        finally:
            launched.close()


@pytest.fixture
def glass(browser: Browser) -> Iterator[Glass]:
    """An empty page of a fresh browser; what its scripts throw fails the test."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    try:
        fresh = Glass(context.new_page())
        yield fresh
        assert fresh.errors == []
    finally:
        context.close()
