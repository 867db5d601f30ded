"""Who may do what, asked by clients that are not ours, on every transport."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from autobahn.wamp.types import ComponentConfig
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.python.failure import Failure

from tests.backend_client import BackendClient
from tests.foreign_client import ForeignClient, WampError
from tests.longpoll_client import LongPollClient
from tests.node.conftest import PASSWORD
from tests.running_router import RunningRouter
from trapline.node.authenticator import WAITING_LIMIT, Authenticator, peer_of
from trapline.protocol import uris

pytestmark = pytest.mark.node

NOT_AUTHORIZED = "wamp.error.not_authorized"
Answer = list[Any]


def _over_websocket(router: RunningRouter, request: Answer, **who: Any) -> Answer:
    with ForeignClient(router.settings.web_port, **who) as client:
        client.send(request)
        return client.receive()


def _over_longpoll(router: RunningRouter, request: Answer, **who: Any) -> Answer:
    with LongPollClient(router.settings.web_port, **who) as client:
        assert client.joined[0] == 2, client.joined
        client.send(request)
        return client.receive()


OPERATORS_ONLY = sorted(uri for name, uri in vars(uris).items() if name.isupper() and uri.startswith("trapline.op."))


def _over_unix_socket(router: RunningRouter, request: Answer, **who: Any) -> Answer:
    with BackendClient(router.settings, **who) as client:
        client.send(request)
        return client.receive()


TRANSPORTS = pytest.mark.parametrize("ask", [_over_websocket, _over_longpoll], ids=["websocket", "longpoll"])
Ask = Callable[..., Answer]


@TRANSPORTS
@pytest.mark.parametrize(
    "request_",
    [
        [48, 1, {}, uris.TARGET_ACKNOWLEDGE, ["host:a"]],
        [16, 1, {"acknowledge": True}, uris.GRID_CHANGED, [{}]],
        [64, 1, {}, uris.GRID_GET],
        [64, 1, {}, "trapline.auth.other"],
        [48, 1, {}, uris.AUTHENTICATE_GUEST, ["trapline", "backend", {}]],
        [32, 1, {"match": "prefix"}, "trapline."],
        [32, 1, {"match": "wildcard"}, "trapline..grid"],
        [48, 1, {}, "wamp.session.list"],
    ],
    ids=[
        "operate",
        "publish",
        "register",
        "register-authenticator",
        "call-authenticator",
        "prefix",
        "wildcard",
        "meta",
    ],
)
@pytest.mark.parametrize(
    "hello",
    [
        {},
        {"authrole": "operator"},
        {"authrole": "backend", "authid": "backend"},
        {"authmethods": ["anonymous-proxy", "cookie", "anonymous"], "authextra": {"proxy_authrole": "backend"}},
    ],
    ids=["plain", "wants-operator", "wants-backend", "wants-proxy"],
)
def test_a_viewer_reads_and_nothing_else_whatever_it_says_it_is(
    router: RunningRouter, ask: Ask, request_: Answer, hello: dict[str, Any]
) -> None:
    answer = ask(router, request_, hello=hello)
    assert answer[0] == 8, answer
    assert answer[4] == NOT_AUTHORIZED


@TRANSPORTS
def test_a_viewer_is_refused_everything_that_operators_do(router: RunningRouter, ask: Ask) -> None:
    assert len(OPERATORS_ONLY) >= 8
    answers = {uri: ask(router, [48, 1, {}, uri, ["host:a", "sold"]])[4] for uri in OPERATORS_ONLY}
    assert answers == dict.fromkeys(OPERATORS_ONLY, NOT_AUTHORIZED)


@TRANSPORTS
def test_an_operator_may_do_all_of_it(router: RunningRouter, ask: Ask) -> None:
    answers = {uri: ask(router, [48, 1, {}, uri, []], authid="anna", ticket=PASSWORD)[4] for uri in OPERATORS_ONLY}
    assert answers == dict.fromkeys(OPERATORS_ONLY, "wamp.error.no_such_procedure")  # allowed; no stage runs here


@TRANSPORTS
def test_a_viewer_may_subscribe_and_read(router: RunningRouter, ask: Ask) -> None:
    assert ask(router, [32, 1, {}, uris.GRID_CHANGED])[0] == 33
    assert ask(router, [48, 1, {}, uris.GRID_GET])[4] == "wamp.error.no_such_procedure"


@TRANSPORTS
def test_an_operator_may_operate(router: RunningRouter, ask: Ask) -> None:
    answer = ask(router, [48, 1, {}, uris.TARGET_ACKNOWLEDGE, ["host:a"]], authid="anna", ticket=PASSWORD)
    assert answer[4] == "wamp.error.no_such_procedure"  # allowed; no stage runs here


@TRANSPORTS
def test_an_operator_may_not_publish_or_register(router: RunningRouter, ask: Ask) -> None:
    for request in ([16, 1, {"acknowledge": True}, uris.GRID_CHANGED, [{}]], [64, 1, {}, uris.TARGET_ACKNOWLEDGE]):
        assert ask(router, request, authid="anna", ticket=PASSWORD)[4] == NOT_AUTHORIZED


def _secret(router: RunningRouter) -> str:
    return (router.settings.home / "secrets" / "router").read_text()


@pytest.mark.parametrize(
    ("name", "ticket"),
    [
        ("anna", "wrong horse"),
        ("nobody", PASSWORD),
        ("", ""),
        ("anna", ""),
        ("backend", "the router's secret"),
        ("no name", PASSWORD),
        ("anna", "\ud800"),
        ("ann\udc00", PASSWORD),
    ],
    ids=[
        "wrong-password",
        "unknown-name",
        "empty",
        "empty-password",
        "guest-secret",
        "no-name",
        "half-a-character",
        "half-a-character-name",
    ],
)
def test_a_browser_with_wrong_credentials_is_refused_in_the_same_words(
    own_router: RunningRouter, name: str, ticket: str
) -> None:
    if name == "backend":
        ticket = _secret(own_router)
    with pytest.raises(WampError) as refusal:
        ForeignClient(own_router.settings.web_port, authid=name, ticket=ticket)
    assert refusal.value.uri == "wamp.error.authentication_failed"
    assert refusal.value.sentence == "name or password is wrong"
    client = LongPollClient(own_router.settings.web_port, authid=name or "x", ticket=ticket)
    assert client.joined[0] == 3
    with pytest.raises(ConnectionError):
        client.receive()
    assert "Traceback" not in (own_router.settings.home / "router.log").read_text()


def test_what_cannot_be_a_name_counts_for_nobody(own_router: RunningRouter) -> None:
    port = own_router.settings.web_port
    for number in range(12):
        with pytest.raises(WampError, match="name or password is wrong"):
            ForeignClient(port, authid=f"no name {number}", ticket="guess")
    ForeignClient(port, authid="anna", ticket=PASSWORD).close()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authenticator]:
    """An authenticator whose reactor does not run: whoever waits for a password's check waits on."""
    monkeypatch.setenv("TRAPLINE_HOME", str(tmp_path))
    authenticator = Authenticator(ComponentConfig())
    yield authenticator
    authenticator._threads.stop()


def test_only_so_many_wait_for_their_password_and_the_next_is_asked_to_come_again(alone: Authenticator) -> None:
    def sign_in(number: int) -> Deferred[Any]:
        details = {"ticket": "guess", "transport": {"peer": f"tcp4:192.0.2.{number}:5000"}}
        return ensureDeferred(alone._operator("trapline", f"name-{number}", details))

    waiting = [sign_in(number) for number in range(WAITING_LIMIT)]
    assert not any(each.called for each in waiting)
    refusals: list[Failure] = []
    sign_in(WAITING_LIMIT).addErrback(refusals.append)
    (failure,) = refusals
    assert "too many people sign in just now" in str(failure.value)


def test_guessing_is_slowed_down_and_a_neighbour_is_not(own_router: RunningRouter) -> None:
    port = own_router.settings.web_port
    sentences = []
    for _ in range(12):
        with pytest.raises(WampError) as refusal:
            ForeignClient(port, authid="anna", ticket="guess")
        sentences.append(refusal.value.sentence)
    assert "too many attempts" in sentences[-1]
    with pytest.raises(WampError, match="too many attempts"):
        ForeignClient(port, authid="anna", ticket=PASSWORD)
    ForeignClient(port).close()  # viewers are not concerned


def test_right_passwords_are_not_counted(own_router: RunningRouter) -> None:
    for _ in range(15):
        ForeignClient(own_router.settings.web_port, authid="anna", ticket=PASSWORD).close()


def test_a_stage_needs_the_secret_on_the_unix_socket(router: RunningRouter) -> None:
    with BackendClient(router.settings) as stage:
        stage.publish(uris.GRID_CHANGED, {})
    for authid, ticket in (("backend", "wrong"), ("anna", PASSWORD), ("backend", "")):
        with pytest.raises(ConnectionRefusedError):
            BackendClient(router.settings, authid=authid, ticket=ticket)


def test_a_stage_may_not_operate_and_the_command_line_may_do_nothing_else(router: RunningRouter) -> None:
    order: Answer = [48, 1, {}, uris.TARGET_RETIRE, ["host:a", "sold"]]
    assert _over_unix_socket(router, order)[4] == NOT_AUTHORIZED
    assert _over_unix_socket(router, order, authid="local:anna")[4] == "wamp.error.no_such_procedure"
    for request in ([16, 1, {"acknowledge": True}, uris.GRID_CHANGED, [{}]], [64, 1, {}, uris.TARGET_RETIRE]):
        assert _over_unix_socket(router, request, authid="local:anna")[4] == NOT_AUTHORIZED


@pytest.mark.parametrize(
    ("authid", "ticket"),
    [("local:anna", "wrong"), ("local:anna", PASSWORD), ("local:", None), ("local:a b", None), ("local:local:x", None)],
)
def test_the_command_line_needs_the_secret_and_a_name(router: RunningRouter, authid: str, ticket: str | None) -> None:
    with pytest.raises(ConnectionRefusedError):
        BackendClient(router.settings, authid=authid, ticket=ticket)


@pytest.mark.parametrize("name", ["local:anna", "local:root"])
def test_nobody_signs_in_as_the_command_line_over_the_network(own_router: RunningRouter, name: str) -> None:
    for ticket in (_secret(own_router).strip(), PASSWORD):
        with pytest.raises(WampError, match="name or password is wrong"):
            ForeignClient(own_router.settings.web_port, authid=name, ticket=ticket)
        assert LongPollClient(own_router.settings.web_port, authid=name, ticket=ticket).joined[0] == 3


def test_the_unix_sockets_lie_where_nobody_else_can_reach_them(router: RunningRouter) -> None:
    assert router.settings.run_dir.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("transport", "peer"),
    [
        ({"peer": "tcp4:192.0.2.1:5000"}, "192.0.2.1"),
        ({"peer": "tcp6:2001:db8::1:2:5000"}, "2001:db8::/64"),
        (
            {"peer": "tcp4:192.0.2.1:5000", "http_headers_received": {"x-forwarded-for": "198.51.100.1"}},
            "192.0.2.1",
        ),
        ({"peer": "unix", "http_headers_received": {"x-forwarded-for": "192.0.2.1"}}, "192.0.2.1"),
        ({"peer": "unix"}, "unix"),
        ({}, ""),
    ],
    ids=["websocket", "websocket-ipv6", "forged-header", "longpoll", "no-header", "nothing"],
)
def test_an_attempt_counts_for_the_address_it_came_from(transport: dict[str, Any], peer: str) -> None:
    assert peer_of(transport) == peer
