"""The wiring diagram is the node, and what is generated from it differs only where a setting does."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from trapline.node import wiring
from trapline.protocol import uris
from trapline.settings import load

DEFAULTS = load({})
COMMITTED = wiring.read_committed()


def _router(config: dict[str, Any]) -> dict[str, Any]:
    (router,) = (worker for worker in config["workers"] if worker["type"] == "router")
    assert isinstance(router, dict)
    return router


def test_with_default_settings_it_is_the_committed_file() -> None:
    assert wiring.wire(COMMITTED, DEFAULTS, DEFAULTS) == COMMITTED
    assert wiring.write(DEFAULTS) == wiring.COMMITTED.parent


def test_home_address_port_and_origins_go_where_they_belong_and_nothing_else_changes() -> None:
    before = copy.deepcopy(COMMITTED)
    settings = replace(DEFAULTS, home=Path("/srv/t"), web_host="192.0.2.1", web_port=80, allowed_origins=("https://w",))
    config = wiring.wire(COMMITTED, settings, DEFAULTS, Path("/opt/trapline"))
    assert before == COMMITTED
    sockets = [each["endpoint"].get("path") for each in _router(config)["transports"]]
    assert sockets == ["/srv/t/run/router.sock", "/srv/t/run/longpoll.sock", None]
    web = _router(config)["transports"][2]
    assert (web["endpoint"]["interface"], web["endpoint"]["port"]) == ("192.0.2.1", 80)
    assert web["max_connections"] == _router(COMMITTED)["transports"][2]["max_connections"] == 1200
    assert web["paths"]["/"]["extra"] == {"directory": "/opt/trapline/web/dist"}
    assert web["paths"]["lp"]["extra"] == {"socket": "/srv/t/run/longpoll.sock", "allowed_origins": ["https://w"]}
    assert _router(config)["components"][0]["extra"] == {"allowed_origins": ["https://w"]}
    assert {each["options"]["workdir"] for each in config["workers"] if each["type"] == "guest"} == {"/opt/trapline"}
    assert _router(config)["realms"] == _router(COMMITTED)["realms"]


def test_the_committed_sockets_are_where_the_stages_look() -> None:
    directory = wiring.COMMITTED.parent
    paths = [each["endpoint"].get("path") for each in _router(COMMITTED)["transports"]]
    assert (directory / paths[0]).resolve() == DEFAULTS.router_socket
    assert (directory / paths[1]).resolve().parent == DEFAULTS.run_dir


def test_every_guest_runs_under_the_supervisor() -> None:
    guests = [worker for worker in COMMITTED["workers"] if worker["type"] == "guest"]
    assert {guest["id"] for guest in guests} == {"broker", "ingest", "normalize", "track", "publish", "operate"}
    for guest in guests:
        assert guest["arguments"][:3] == ["-m", "trapline.node.supervise", guest["id"]]
    assert [guest["id"] for guest in guests if "--udp" in guest["arguments"]] == ["ingest"]


def test_the_controller_has_no_title() -> None:
    """With one, `crossbar status` and `stop` misjudge a node that lives."""
    assert "title" not in COMMITTED["controller"].get("options", {})


def test_roles_stay_inside_their_trees() -> None:
    """Pattern subscriptions ignore denies, so nobody has a permission above the trees of uris.py."""
    trees = {"trapline.ev.", "trapline.api.", "trapline.op.", "trapline.auth."}
    roles = {role["name"]: role["permissions"] for role in _router(COMMITTED)["realms"][0]["roles"]}
    assert set(roles) == {"viewer", "operator", "backend", "authenticator"}
    assert all(each["uri"] in trees and each["match"] == "prefix" for each_role in roles.values() for each in each_role)
    may = {
        role: {
            (each["uri"], action) for each in permissions for action, is_allowed in each["allow"].items() if is_allowed
        }
        for role, permissions in roles.items()
    }
    assert may["viewer"] == {("trapline.ev.", "subscribe"), ("trapline.api.", "call")}
    assert may["operator"] == may["viewer"] | {("trapline.op.", "call")}
    assert may["authenticator"] == {("trapline.auth.", "register")}


def test_browsers_and_guests_are_asked_by_different_authenticators() -> None:
    guests, longpoll, web = _router(COMMITTED)["transports"]
    assert guests["auth"] == {"ticket": {"type": "dynamic", "authenticator": uris.AUTHENTICATE_GUEST}}
    for auth in (longpoll["auth"], web["paths"]["ws"]["auth"]):
        assert auth["anonymous"] == {"type": "static", "role": "viewer"}
        assert auth["ticket"] == {"type": "dynamic", "authenticator": uris.AUTHENTICATE}
