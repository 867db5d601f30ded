"""A web page that is not ours may not connect, over WebSocket or long-poll. Without origin.py it could read the wall."""

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.foreign_client import ForeignClient
from tests.longpoll_client import LongPollClient
from tests.running_router import RunningRouter
from trapline.node.origin import normal, refusal
from trapline.protocol.errors import SettingError
from trapline.settings import load

ALLOWED = "https://wall.example.com"


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "wall:8080"),
        ("http://wall:8080", "wall:8080"),
        ("http://WALL:8080", "Wall:8080"),
        ("https://wall", "wall"),
        ("https://wall", "wall:443"),
        ("http://wall:80", "wall"),
        ("http://[::1]:8080", "[::1]:8080"),
        (ALLOWED, "127.0.0.1:8080"),
    ],
    ids=["no-browser", "same", "case", "behind-tls", "tls-port-said", "port-said", "ipv6", "allowed"],
)
def test_our_own_page_may_connect(origin: str | None, host: str) -> None:
    assert refusal(origin, host, frozenset({ALLOWED})) == ""


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", "wall:8080"),
        ("http://wall:8081", "wall:8080"),
        ("http://wall", "wall:8080"),
        ("http://wall.evil.example:8080", "wall:8080"),
        ("null", "wall:8080"),
        ("file://", "wall:8080"),
        ("", "wall:8080"),
        ("", ""),
        ("http://wall:8080", None),
        ("http://", ""),
        ("http://wall:8080/", "wall:8080/"),
        ("http://wall.example.com", "127.0.0.1:8080"),
        ("https://a@wall:8080", "wall:8080"),
    ],
    ids=[
        *("elsewhere", "other-port", "no-port", "longer", "null", "file", "empty", "both-empty", "no-host", "no-name"),
        *("path", "other-scheme", "user"),
    ],
)
def test_another_page_may_not(origin: str, host: str | None) -> None:
    assert "TRAPLINE_ALLOWED_ORIGINS" in refusal(origin, host, frozenset({ALLOWED}))


@given(st.text(), st.text())
def test_whatever_is_sent_is_allowed_only_when_the_page_names_the_host(origin: str, host: str) -> None:
    if refusal(origin, host, frozenset()) == "":
        authority = normal(origin).partition("://")[2]
        assert authority
        assert authority in host.lower()


@pytest.mark.parametrize("text", ["wall.example.com", "https://wall/path", "*", "https://", "null"])
def test_a_setting_that_is_no_origin_is_an_error(text: str) -> None:
    with pytest.raises(SettingError, match="TRAPLINE_ALLOWED_ORIGINS"):
        load({"TRAPLINE_ALLOWED_ORIGINS": f"{ALLOWED},{text}"})


@pytest.fixture(scope="module")
def allowing() -> Iterator[RunningRouter]:
    running = RunningRouter(load({"TRAPLINE_KAFKA_BOOTSTRAP": "127.0.0.1:1"}), allowed_origins=(ALLOWED,))
    try:
        yield running.start()
    finally:
        running.close()


CONNECT = pytest.mark.parametrize("connect", [ForeignClient, LongPollClient], ids=["websocket", "longpoll"])
Connect = Callable[..., ForeignClient | LongPollClient]


@pytest.mark.node
@CONNECT
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "http://wall.example.com"])
def test_a_foreign_page_is_refused(allowing: RunningRouter, connect: Connect, origin: str) -> None:
    with pytest.raises(ConnectionError, match="403"):
        connect(allowing.settings.web_port, headers={"Origin": origin})


@pytest.mark.node
@CONNECT
def test_our_page_and_an_allowed_one_connect(allowing: RunningRouter, connect: Connect) -> None:
    port = allowing.settings.web_port
    for headers in (
        {"Origin": f"http://127.0.0.1:{port}"},
        {"Origin": "https://behind.example", "Host": "behind.example"},
        {"Origin": ALLOWED},
        {},
    ):
        with connect(port, headers=headers):
            pass


@pytest.mark.node
def test_a_foreign_page_cannot_use_a_session_that_is_open(allowing: RunningRouter) -> None:
    with LongPollClient(allowing.settings.web_port) as browser:
        own = browser.request_headers
        browser.request_headers = own | {"Origin": "http://evil.example"}
        for operation in ("receive", "send", "close"):
            status, _, headers = browser.post(f"{browser.id}/{operation}")
            assert status == 403
            assert "access-control-allow-origin" not in headers
        browser.request_headers = own
        browser.send([48, 1, {}, "trapline.api.grid.get"])
        assert browser.receive()[0] == 8


@pytest.mark.node
def test_the_wiring_carries_the_setting(allowing: RunningRouter) -> None:
    config = json.loads((allowing.settings.home / "node" / "config.json").read_text())
    assert json.dumps(config).count(json.dumps([ALLOWED])) == 2
