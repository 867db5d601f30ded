"""Long-poll is the WebSocket in other clothes; Crossbar's own service cannot even say HELLO."""

import json
import threading

import pytest

from tests.backend_client import BackendClient
from tests.longpoll_client import LongPollClient
from tests.running_node import wait_until
from tests.running_router import RunningRouter
from trapline.node import longpoll
from trapline.protocol import uris

pytestmark = pytest.mark.node


def test_events_arrive_in_order_and_without_a_gap(router: RunningRouter) -> None:
    with LongPollClient(router.settings.web_port) as browser, BackendClient(router.settings) as stage:
        browser.send([32, 1, {}, uris.GRID_CHANGED])
        assert browser.receive()[0] == 33

        def publish() -> None:
            for number in range(500):
                stage.publish(uris.GRID_CHANGED, number)

        thread = threading.Thread(target=publish)
        thread.start()
        numbers = [browser.receive()[4][0] for _ in range(500)]
        thread.join()
    assert numbers == list(range(500))


def test_nothing_may_be_cached(router: RunningRouter) -> None:
    with LongPollClient(router.settings.web_port) as browser:
        assert "no-store" in browser.headers["cache-control"]
        assert browser.headers["pragma"] == "no-cache"
        assert browser.headers["content-type"].startswith("application/json")


def test_a_closed_session_is_unknown(router: RunningRouter) -> None:
    browser = LongPollClient(router.settings.web_port)
    assert browser.post(f"{browser.id}/close")[0] == 204
    for operation in ("receive", "send", "close"):
        assert browser.post(f"{browser.id}/{operation}")[0] == 404


def test_closing_wakes_a_waiting_request(router: RunningRouter) -> None:
    browser = LongPollClient(router.settings.web_port)
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(browser.post(f"{browser.id}/receive")[0]))
    waiting.start()
    # The second request ends the first, so both have arrived when it is answered by the close.
    second = threading.Thread(target=lambda: answers.append(browser.post(f"{browser.id}/receive")[0]))
    second.start()
    wait_until(lambda: len(answers) == 1, 10, "the older request is answered")
    browser.post(f"{browser.id}/close")
    waiting.join(10)
    second.join(10)
    assert sorted(answers) == [204, 404]


def test_the_router_says_why_before_it_closes(router: RunningRouter) -> None:
    browser = LongPollClient(router.settings.web_port, realm="elsewhere")
    assert browser.joined[0] == 3
    with pytest.raises(ConnectionError):
        browser.receive()


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"protocols": 5}', b'{"protocols": ["wamp.2.msgpack.batched"]}', b"\xff\xfe"],
    ids=["empty", "list", "no-protocols", "number", "msgpack", "no-text"],
)
def test_an_open_that_we_cannot_serve_is_answered_400(router: RunningRouter, body: bytes) -> None:
    with LongPollClient(router.settings.web_port) as browser:
        assert browser.post("open", body)[0] == 400


def test_a_message_that_is_too_large_is_refused(router: RunningRouter) -> None:
    with LongPollClient(router.settings.web_port) as browser:
        assert browser.post(f"{browser.id}/send", b"x" * (longpoll.SEND_LIMIT_BYTES + 1))[0] == 413
        browser.send([48, 1, {}, uris.GRID_GET])
        assert browser.receive()[0] == 8


def test_what_is_no_wamp_ends_the_session_and_nothing_else(router: RunningRouter) -> None:
    browser = LongPollClient(router.settings.web_port)
    browser.post(f"{browser.id}/send", b"this is no JSON\x18")
    wait_until(lambda: browser.post(f"{browser.id}/send", b"")[0] == 404, 10, "the session is gone")
    with LongPollClient(router.settings.web_port) as other:
        assert other.joined[0] == 2


def test_a_browser_that_does_not_fetch_is_dropped_and_the_others_are_served(router: RunningRouter) -> None:
    sleeper = LongPollClient(router.settings.web_port)
    sleeper.send([32, 1, {}, uris.GRID_CHANGED])
    assert sleeper.receive()[0] == 33
    with LongPollClient(router.settings.web_port) as browser, BackendClient(router.settings) as stage:
        browser.send([32, 1, {}, uris.GRID_CHANGED])
        browser.receive()
        large = "x" * 100_000
        for number in range(longpoll.QUEUE_LIMIT_BYTES // len(large) + 5):
            stage.publish(uris.GRID_CHANGED, [number, large])
            assert browser.receive()[4][0][0] == number
    wait_until(lambda: sleeper.post(f"{sleeper.id}/receive")[0] == 404, 10, "the sleeper is gone")


def test_many_requests_to_open_end_in_503_and_not_in_the_routers_death(router: RunningRouter) -> None:
    with LongPollClient(router.settings.web_port) as browser:
        body = json.dumps({"protocols": [longpoll.PROTOCOL]}).encode()
        answers = [browser.post("open", body) for _ in range(longpoll.SESSIONS_LIMIT)]
        assert {status for status, _, _ in answers} == {200, 503}
        for status, text, _ in answers:
            if status == 200:
                browser.post(f"{json.loads(text)['transport']}/close")
