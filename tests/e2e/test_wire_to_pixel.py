"""From a datagram of net-snmp to a changed cell in a real browser, over every transport."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import phantomjs_bin  # type: ignore[import-untyped]  # the wheel ships no types
import pytest
from playwright.sync_api import Browser, WebSocketRoute

from tests.e2e.glass import Glass, cells_of, main_target, new_sequence_id
from tests.e2e.net_snmp import BY_COMMUNITY, USERS, NetSnmp, by_user, event
from tests.running_node import RunningNode, wait_until
from trapline import site
from trapline.simulate import scenario
from trapline.simulate.play import Stop, play
from trapline.snmp import load as load_credentials

pytestmark = [pytest.mark.node, pytest.mark.kafka, pytest.mark.netsnmp, pytest.mark.browser]

_RESULTS = Path(__file__).resolve().parents[2] / "test-results"
_PHANTOM_PATIENCE_S = 60

Send = Callable[[NetSnmp, list[str]], None]
SENDERS: list[Any] = [
    pytest.param(lambda tools, varbinds: tools.trap_v1(varbinds), id="trap-v1"),
    pytest.param(lambda tools, varbinds: tools.trap(BY_COMMUNITY, varbinds), id="trap-v2c"),
    pytest.param(lambda tools, varbinds: tools.inform(BY_COMMUNITY, varbinds), id="inform-v2c"),
    *(
        pytest.param(lambda tools, varbinds, user=user: tools.trap(by_user(user), varbinds), id=f"trap-{user.name}")
        for user in USERS
    ),
    *(
        pytest.param(lambda tools, varbinds, user=user: tools.inform(by_user(user), varbinds), id=f"inform-{user.name}")
        for user in USERS
    ),
]


@pytest.fixture(scope="module")
def standing(browser: Browser, node: RunningNode) -> Iterator[Glass]:
    """A wall that hangs there while many traps come, as walls do."""
    context = browser.new_context()
    try:
        yield Glass(context.new_page()).open(node.url)
    finally:
        context.close()


def raise_and_clear(node: RunningNode, tools: NetSnmp, wall: Glass, server: str, send: Send) -> None:
    """The cell goes red and, by the same sequence id, quiet again."""
    target, sequence_id = main_target(node, server), new_sequence_id()
    send(tools, event(target, "FATAL", sequence_id))
    wall.shows(server, "critical")
    send(tools, event(target, "CLEAR", sequence_id))
    wall.shows(server, "cleared")


@pytest.mark.parametrize("send", SENDERS)
def test_a_datagram_of_net_snmp_changes_the_cell_and_its_clear_calms_it(
    node: RunningNode, net_snmp: NetSnmp, standing: Glass, send: Send
) -> None:
    raise_and_clear(node, net_snmp, standing, "claims-db-01", send)
    assert standing.transport == "websocket"
    assert standing.errors == []


@pytest.mark.parametrize(
    ("code", "severity"),
    [("FATAL", "critical"), ("CRITICAL", "major"), ("WARNING", "minor"), ("ADVISORY", "warning")],
)
def test_each_severity_of_oem_has_its_own_on_the_glass(
    node: RunningNode, net_snmp: NetSnmp, standing: Glass, code: str, severity: str
) -> None:
    target, sequence_id = main_target(node, "web-01"), new_sequence_id()
    net_snmp.trap_v1(event(target, code, sequence_id))
    standing.shows("web-01", severity)
    net_snmp.trap_v1(event(target, "CLEAR", sequence_id))
    standing.shows("web-01", "cleared")


def test_over_forced_long_poll_the_cell_changes_too(node: RunningNode, net_snmp: NetSnmp, glass: Glass) -> None:
    glass.open(f"{node.url}?transport=longpoll")
    raise_and_clear(node, net_snmp, glass, "web-02", lambda tools, varbinds: tools.trap_v1(varbinds))
    raise_and_clear(node, net_snmp, glass, "web-02", lambda tools, varbinds: tools.inform(by_user(USERS[1]), varbinds))
    assert glass.transport == "longpoll"


def _hang_up(route: WebSocketRoute) -> None:
    route.close()


def _say_nothing(_: WebSocketRoute) -> None:
    """A proxy that takes the upgrade and lets nothing through: the worst kind."""


@pytest.mark.parametrize("proxy", [_hang_up, _say_nothing], ids=["closed", "swallowed"])
def test_where_websocket_is_blocked_the_wall_falls_back_to_long_poll_by_itself(
    node: RunningNode, net_snmp: NetSnmp, glass: Glass, proxy: Callable[[WebSocketRoute], None]
) -> None:
    glass.page.route_web_socket("**/ws", proxy)
    glass.open(node.url)
    assert glass.transport == "longpoll"
    raise_and_clear(node, net_snmp, glass, "web-03", lambda tools, varbinds: tools.trap_v1(varbinds))


def test_the_wall_goes_back_to_websocket_when_it_works_again(node: RunningNode, glass: Glass) -> None:
    is_blocked = True

    def proxy(route: WebSocketRoute) -> None:
        if is_blocked:
            route.close()
        else:
            route.connect_to_server()

    glass.page.route_web_socket("**/ws", proxy)
    glass.open(node.url)
    assert glass.transport == "longpoll"
    is_blocked = False
    glass.page.wait_for_selector("html[data-connection=live][data-transport=websocket]", state="attached")


def test_a_fresh_browser_shows_the_whole_grid_before_any_new_trap(
    node: RunningNode, net_snmp: NetSnmp, browser: Browser
) -> None:
    target, sequence_id = main_target(node, "portal-01"), new_sequence_id()
    net_snmp.inform(BY_COMMUNITY, event(target, "CRITICAL", sequence_id))
    wait_until(lambda: cells_of(node)["portal-01"].severity == "major", 15, "the alert is on the wall")
    context = browser.new_context()
    try:
        wall = Glass(context.new_page()).open(node.url)
        shown = wall.cells()
    finally:
        context.close()
    net_snmp.inform(BY_COMMUNITY, event(target, "CLEAR", sequence_id))
    assert shown["portal-01"] == "major"
    assert shown.keys() >= {server.name for server in site.load(node.settings.site).servers}
    assert shown == {server: cell.severity or "unknown" for server, cell in cells_of(node).items()} | {
        "portal-01": "major"
    }


@pytest.fixture(scope="module")
def phantomjs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PhantomJS 2.1: an engine that knows ES5 only. Its wheel forgets the executable bit."""
    path = tmp_path_factory.mktemp("phantomjs") / "phantomjs"
    shutil.copy(phantomjs_bin.executable_path, path)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("transport", ["websocket", "longpoll"])
def test_an_engine_that_knows_es5_only_runs_the_legacy_bundle(
    node: RunningNode, net_snmp: NetSnmp, phantomjs: Path, transport: str
) -> None:
    target, sequence_id = main_target(node, "batch-01"), new_sequence_id()
    script = Path(__file__).with_name("wall_in_phantomjs.js")
    url = f"{node.url}?transport={transport}"
    with subprocess.Popen(
        [str(phantomjs), str(script), url, "batch-01", "critical", str(_PHANTOM_PATIENCE_S)],
        env=os.environ | {"OPENSSL_CONF": "/dev/null"},
        stdout=subprocess.PIPE,
        text=True,
    ) as browser:
        assert browser.stdout
        try:
            assert browser.stdout.readline() == f"live {transport}\n"
            net_snmp.trap_v1(event(target, "FATAL", sequence_id))
            assert browser.stdout.readline() == "seen\n"
            assert browser.wait(_PHANTOM_PATIENCE_S) == 0
        finally:
            browser.kill()
            net_snmp.inform(BY_COMMUNITY, event(target, "CLEAR", sequence_id))


def test_when_the_publisher_is_killed_the_page_follows_into_the_new_epoch(
    node: RunningNode, net_snmp: NetSnmp, glass: Glass
) -> None:
    target, sequence_id = main_target(node, "rules-01"), new_sequence_id()
    glass.open(node.url)
    epoch, publisher = glass.epoch, node.process("publish").pid
    node.kill("publish")
    # Answered means stored: it has to be on the glass whoever published before.
    net_snmp.inform(BY_COMMUNITY, event(target, "FATAL", sequence_id))
    glass.shows("rules-01", "critical")
    assert node.process("publish").pid != publisher
    glass.page.wait_for_selector(f"html[data-connection=live]:not([data-epoch='{epoch}'])", state="attached")
    net_snmp.inform(BY_COMMUNITY, event(target, "CLEAR", sequence_id))
    glass.shows("rules-01", "cleared")


def test_when_the_router_is_killed_the_page_says_so_and_is_right_again_by_itself(
    node: RunningNode, net_snmp: NetSnmp, glass: Glass
) -> None:
    target, sequence_id = main_target(node, "rules-02"), new_sequence_id()
    glass.open(node.url)
    net_snmp.inform(BY_COMMUNITY, event(target, "FATAL", sequence_id))
    glass.shows("rules-02", "critical")
    epoch = glass.epoch
    glass.page.evaluate("window.isTheSamePage = true")
    node.kill("router")
    glass.lost()
    assert glass.page.is_visible("text=/Disconnected|Connecting/")
    glass.page.wait_for_selector(f"html[data-connection=live]:not([data-epoch='{epoch}'])", state="attached")
    wait_until(lambda: node.is_running("ingest"), 15, "ingest runs")
    assert glass.cells()["rules-02"] == "critical"
    net_snmp.inform(BY_COMMUNITY, event(target, "CLEAR", sequence_id))
    glass.shows("rules-02", "cleared")
    assert glass.page.evaluate("window.isTheSamePage")
    assert glass.cells() == {server: cell.severity or "unknown" for server, cell in cells_of(node).items()}


def test_a_picture_of_the_wall_with_an_outage_is_kept(node: RunningNode, glass: Glass, tmp_path: Path) -> None:
    """For people who want to see what is tested: test-results/wall-with-an-outage.png."""
    inventory = site.load(node.settings.site)
    file = tmp_path / "outage.yaml"
    file.write_text(
        "title: An outage\n"
        "steps:\n"
        "  - {at: 0s, do: everything_up, over: 1s}\n"
        "  - {at: 1s, do: metric_alert, server: mq-02, metric: filesystem, severity: WARNING}\n"
        "  - {at: 1s, do: cascade, server: claims-db-01, spreads_to: [application, portal], step: 1s, clear_after: 60s}\n"
    )
    community = load_credentials(node.settings.credentials_file).communities[0]
    stop = Stop()
    player = threading.Thread(
        target=play,
        args=(scenario.load(file, inventory), inventory, community, ("127.0.0.1", node.trap_port)),
        kwargs={"stop": stop},
    )
    glass.open(node.url)
    player.start()
    try:
        glass.shows("mq-02", "minor")
        glass.shows("claims-db-01", "critical")
        wait_until(lambda: list(glass.cells().values()).count("cleared") <= 45, 30, "the outage has spread")
        _RESULTS.mkdir(exist_ok=True)
        picture = glass.page.screenshot(path=_RESULTS / "wall-with-an-outage.png")
    finally:
        stop.is_wanted = True
        player.join()
    glass.shows("claims-db-01", "cleared")
    assert len(picture) > 10_000
