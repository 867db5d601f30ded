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


def _open_many(browser: LongPollClient, count: int) -> tuple[list[str], list[bytes]]:
    """The sessions that were opened, and the refusals."""
    body = json.dumps({"protocols": [longpoll.PROTOCOL]}).encode()
    answers = [browser.post("open", body) for _ in range(count)]
    assert {status for status, _, _ in answers} <= {200, 503}
    opened = [json.loads(text)["transport"] for status, text, _ in answers if status == 200]
    return opened, [text for status, text, _ in answers if status == 503]


def test_one_address_has_its_share_of_sessions_and_another_its_own(own_router: RunningRouter) -> None:
    port = own_router.settings.web_port
    greedy = LongPollClient(port, source="127.0.0.2")
    opened, refused = _open_many(greedy, longpoll.SESSIONS_PER_PEER_LIMIT + 5)
    assert len(opened) == longpoll.SESSIONS_PER_PEER_LIMIT - 1
    assert set(refused) == {b"too many long-poll sessions from your address"}
    with LongPollClient(port) as other:
        assert other.joined[0] == 2
    assert greedy.post(f"{opened[0]}/close")[0] == 204
    assert len(_open_many(greedy, 2)[0]) == 1


def test_many_requests_to_open_end_in_503_and_not_in_the_routers_death(own_router: RunningRouter) -> None:
    port = own_router.settings.web_port
    opened = 0
    refused: list[bytes] = []
    for number in range(2, 10):
        each, refused = _open_many(LongPollClient(port, source=f"127.0.0.{number}"), 94)
        opened += 1 + len(each)
        if refused:
            break
    assert opened == longpoll.SESSIONS_LIMIT
    assert set(refused) == {b"too many long-poll sessions"}


def test_browsers_that_do_not_fetch_share_a_budget(own_router: RunningRouter) -> None:
    """Each stays below its own limit; together they do not."""
    port = own_router.settings.web_port
    count = longpoll.TOTAL_QUEUE_LIMIT_BYTES // longpoll.QUEUE_LIMIT_BYTES + 6
    sleepers = [LongPollClient(port) for _ in range(count)]
    for sleeper in sleepers:
        sleeper.send([32, 1, {}, uris.GRID_CHANGED])
        assert sleeper.receive()[0] == 33
    large = "x" * 100_000
    with LongPollClient(port, source="127.0.0.2") as browser, BackendClient(own_router.settings) as stage:
        browser.send([32, 1, {}, uris.GRID_CHANGED])
        browser.receive()
        for number in range(longpoll.QUEUE_LIMIT_BYTES // len(large)):
            stage.publish(uris.GRID_CHANGED, [number, large])
            assert browser.receive()[4][0][0] == number
        living = [sleeper for sleeper in sleepers if sleeper.post(f"{sleeper.id}/send")[0] == 204]
    assert count // 2 < len(living) <= longpoll.TOTAL_QUEUE_LIMIT_BYTES // (len(large) * 10)


def test_an_answer_is_bounded_and_what_is_left_comes_with_the_next(router: RunningRouter) -> None:
    with LongPollClient(router.settings.web_port) as late, LongPollClient(router.settings.web_port) as browser:
        for each in (late, browser):
            each.send([32, 1, {}, uris.GRID_CHANGED])
            each.receive()
        with BackendClient(router.settings) as stage:
            for number in range(8):
                stage.publish(uris.GRID_CHANGED, [number, "x" * 100_000])
                browser.receive()
        sizes = [len(late.post(f"{late.id}/receive")[1]) for _ in range(3)]
        assert sum(sizes) > 800_000
        assert max(sizes) < longpoll.ANSWER_LIMIT_BYTES + 110_000
