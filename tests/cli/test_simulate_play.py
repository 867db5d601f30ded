"""The simulator's datagrams on a real UDP socket, read by the decoder that ingest uses."""

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from click.testing import CliRunner, Result

from trapline.cli.simulate import simulate
from trapline.protocol.errors import SettingError
from trapline.protocol.traps import Trap
from trapline.simulate.oem import ENTERPRISE
from trapline.simulate.packets import datagrams, engine_id
from trapline.simulate.play import Stop, Tally, play
from trapline.simulate.scenario import Scenario, parse
from trapline.simulate.timeline import timeline
from trapline.site import load as load_site
from trapline.snmp import Community, Credentials, LocalEngine, Security, User, decode
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol

_REPOSITORY = Path(__file__).resolve().parents[2]
_INVENTORY = load_site(_REPOSITORY / "examples" / "site")
_COMMUNITY = Community("the-public-one", b"public")
_USER = User("oem", AuthProtocol.SHA, b"an-auth-password", PrivacyProtocol.AES, b"a-privacy-password")
_BOTH = pytest.mark.parametrize("secret", [_COMMUNITY, _USER], ids=["v1", "v3"])
_STARTED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
_SEQUENCE_ID = "1.3.6.1.4.1.111.15.3.1.1.42.1"
_SEVERITY_CODE = "1.3.6.1.4.1.111.15.3.1.1.6.1"


def _scenario(*steps: str, head: str = "title: t") -> Scenario:
    return parse("\n".join([head, "steps:", *(f"- {step}" for step in steps)]), "t.yaml", _INVENTORY)


def _security() -> Security:
    return Security(Credentials((_COMMUNITY,), (_USER,)), LocalEngine(b"\x80\x00\x00\x00\x04here", 1, 0))


def _traps(received: list[bytes]) -> list[Trap]:
    security = _security()
    return [
        decode(datagram, security, _STARTED_AT.timestamp()).to_record("0" * 32, _STARTED_AT, "127.0.0.1", 1)
        for datagram in received
    ]


def _texts(trap: Trap) -> dict[str, object]:
    return {varbind.oid: varbind.value for varbind in trap.varbinds}


class Receiver:
    """A UDP socket on loopback and what came in on it."""

    def __init__(self, udp: socket.socket) -> None:
        self.address: tuple[str, int] = udp.getsockname()[:2]
        self.received: list[bytes] = []
        self.came = threading.Condition()
        self._udp = udp

    def run(self) -> None:
        while datagram := self._udp.recv(65535):
            with self.came:
                self.received.append(datagram)
                self.came.notify_all()

    def wait_for(self, count: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.received) >= count, timeout=30), len(self.received)


@contextmanager
def _receiving(family: socket.AddressFamily = socket.AF_INET) -> Iterator[Receiver]:
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        udp.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        receiver = Receiver(udp)
        thread = threading.Thread(target=receiver.run)
        thread.start()
        try:
            yield receiver
        finally:
            with socket.socket(family, socket.SOCK_DGRAM) as last:
                last.sendto(b"", udp.getsockname())  # an empty datagram ends the thread
            thread.join(timeout=10)


@_BOTH
def test_two_plays_started_at_one_time_are_equal_octet_for_octet(secret: Community | User) -> None:
    scenario = _scenario("{do: storm, rate: 50, lasts: 2s}")

    def octets(seed: int) -> list[bytes]:
        make = datagrams(scenario, "Europe/Zurich", secret, _STARTED_AT, 1)
        return [make(event) for event in timeline(scenario, _INVENTORY, seed)]

    assert octets(7) == octets(7)
    assert octets(7) != octets(8)


@_BOTH
def test_every_datagram_is_a_trap_of_oems_kind_and_size(secret: Community | User) -> None:
    scenario = _scenario("{do: everything_up}", "{do: storm, rate: 50, lasts: 1s}")
    make = datagrams(scenario, _INVENTORY.time_zone, secret, _STARTED_AT, 1)
    received = [make(event) for event in timeline(scenario, _INVENTORY, 1)]
    assert all(2000 < len(datagram) < 3200 for datagram in received)
    for trap in _traps(received):
        assert trap.trap_oid == f"{ENTERPRISE}.0.3"
        assert len(trap.varbinds) == 76
        assert trap.security_name == secret.name
        if isinstance(secret, User):
            assert (trap.security_level, trap.engine_id) == ("authPriv", engine_id("oms01.example.com").hex())
        else:
            assert (trap.enterprise_oid, trap.generic_trap, trap.specific_trap) == (ENTERPRISE, 6, 3)
            assert trap.agent_addr == "192.0.2.10"


def test_an_engine_id_is_what_rfc_3411_allows() -> None:
    assert engine_id("oms01.example.com").hex() == "8000006f04" + b"oms01".hex()
    assert len(engine_id("o" * 99)) == 32


def test_a_later_play_is_no_replay_of_an_earlier_one() -> None:
    scenario = _scenario("{do: everything_up}")
    security = _security()
    for started_at in (_STARTED_AT, _STARTED_AT.replace(microsecond=900_000), _STARTED_AT.replace(second=9)):
        make = datagrams(scenario, "UTC", _USER, started_at, 1)
        for event in timeline(scenario, _INVENTORY, 1):
            decode(make(event), security, _STARTED_AT.timestamp())


def test_targets_with_an_old_notification_method_send_the_old_alert() -> None:
    scenario = _scenario("{do: everything_up}", head="title: t\nlegacy_types: [host]")
    make = datagrams(scenario, "UTC", _COMMUNITY, _STARTED_AT, 1)
    events = list(timeline(scenario, _INVENTORY, 1))
    old = {event.target.type for event, trap in zip(events, _traps(list(map(make, events))), strict=True)
           if (trap.specific_trap, len(trap.varbinds)) == (1, 20)}  # fmt: skip
    assert old == {"host"}


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def test_what_is_played_arrives_in_order_and_complete(family: socket.AddressFamily) -> None:
    scenario = _scenario("{do: storm, rate: 400, lasts: 500ms}", "{at: 100ms, do: test_trap, clear_after: 300ms}")
    told: list[int] = []
    with _receiving(family) as receiver:
        tally = play(
            scenario, _INVENTORY, _COMMUNITY, receiver.address, seed=3, on_progress=lambda now: told.append(now.sent)
        )
        receiver.wait_for(tally.sent)
    events = list(timeline(scenario, _INVENTORY, 3))
    assert [_texts(trap)[_SEQUENCE_ID] for trap in _traps(receiver.received)] == [event.sequence_id for event in events]
    assert (tally.sent, tally.refused, tally.open_events) == (len(events), 0, {})
    assert tally.octets == sum(map(len, receiver.received))
    assert told == sorted(told)
    assert told[-1] == tally.sent
    assert tally.elapsed_s >= events[-1].at_s - 0.001


def test_twice_the_speed_takes_half_the_time() -> None:
    scenario = _scenario("{do: storm, rate: 100, lasts: 2s, tier: web}")
    with _receiving() as receiver:
        tally = play(scenario, _INVENTORY, _COMMUNITY, receiver.address, speed=8)
    assert 0.24 <= tally.elapsed_s < 2


def test_a_play_that_is_stopped_clears_what_is_open() -> None:
    scenario = _scenario("{do: storm, rate: 200, lasts: 10m}")
    stop = Stop()
    tallies: list[Tally] = []
    with _receiving() as receiver:
        player = threading.Thread(
            target=lambda: tallies.append(play(scenario, _INVENTORY, _USER, receiver.address, stop=stop))
        )
        player.start()
        receiver.wait_for(50)
        stop.is_wanted = True
        player.join(timeout=30)
        (tally,) = tallies
        receiver.wait_for(tally.sent)
    assert tally.interrupted
    last = {_texts(trap)[_SEQUENCE_ID]: _texts(trap)[_SEVERITY_CODE] for trap in _traps(receiver.received)}
    assert set(last.values()) == {"CLEAR"}


def _closed_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return int(udp.getsockname()[1])


def test_that_nobody_listens_is_counted() -> None:
    tally = play(_scenario("{do: everything_up, over: 200ms}"), _INVENTORY, _COMMUNITY, ("127.0.0.1", _closed_port()))
    assert tally.sent == len(list(timeline(_scenario("{do: everything_up}"), _INVENTORY, 1)))
    assert tally.refused > 0


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with credentials, and the sample site."""
    (tmp_path / "snmp.yaml").write_text(
        "communities: [{name: public, community: public}]\n"
        "users:\n"
        "- {name: other}\n"
        "- {name: oem, auth: {protocol: SHA, password: an-auth-password},"
        " privacy: {protocol: AES, password: a-privacy-password}}\n"
    )
    (tmp_path / "mine.yaml").write_text("title: Mine\nsteps:\n- {do: outage, server: web-01, clear_after: 50ms}\n")
    monkeypatch.setenv("TRAPLINE_HOME", str(tmp_path))
    monkeypatch.setenv("TRAPLINE_SITE", str(_REPOSITORY / "examples" / "site"))
    return tmp_path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(simulate, list(arguments))


def test_without_a_scenario_they_are_listed(site: Path) -> None:
    result = _run()
    assert result.exit_code == 0
    for name in ("a-bad-monday", "first-look", "flapping", "quiet-night", "storm"):
        assert name in result.output


@pytest.mark.parametrize(
    ("arguments", "version", "security_name"),
    [((), "v1", "public"), (("--version", "v3", "--as", "oem"), "v3", "oem"), (("--version", "v3"), "v3", "other")],
    ids=["v1", "v3 by name", "v3, the first"],
)
def test_the_command_plays_with_the_credentials_of_the_node(
    site: Path, arguments: tuple[str, ...], version: str, security_name: str
) -> None:
    with _receiving() as receiver:
        result = _run(str(site / "mine.yaml"), "--to", "{}:{}".format(*receiver.address), *arguments)
        receiver.wait_for(2)
    assert result.exit_code == 0, result.output
    assert "done: 2 traps" in result.output
    credentials = Credentials((Community("public", b"public"),), (User("other"), _USER))
    security = Security(credentials, LocalEngine(b"\x80\x00\x00\x00\x04here", 1, 0))
    for datagram in receiver.received:
        notification = decode(datagram, security, datetime.now(UTC).timestamp())
        assert (notification.version, notification.security_name) == (version, security_name)


def test_the_command_takes_an_ipv6_address(site: Path) -> None:
    with _receiving(socket.AF_INET6) as receiver:
        result = _run(str(site / "mine.yaml"), "--to", f"[::1]:{receiver.address[1]}")
        receiver.wait_for(2)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("first-lok",), "'first-lok' is neither a file nor a scenario in "),
        (("first-look", "--to", "1162"), "--to is '1162'; write HOST:PORT"),
        (("first-look", "--to", "127.0.0.1:0"), "--to is '127.0.0.1:0'; write HOST:PORT"),
        (("first-look", "--to", "no-such-host.invalid:1162"), "no-such-host.invalid port 1162 cannot be reached"),
        (("first-look", "--as", "nobody"), "has no community named 'nobody'; it has: public"),
        (("first-look", "--version", "v3", "--as", "nobody"), "has no user named 'nobody'; it has: other, oem"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(site: Path, arguments: tuple[str, ...], sentence: str) -> None:
    result = _run(*arguments)
    assert result.exit_code != 0
    assert sentence in result.output + str(result.exception)


def test_missing_credentials_name_the_way_to_make_them(site: Path) -> None:
    (site / "snmp.yaml").unlink()
    result = _run("first-look")
    assert isinstance(result.exception, SettingError)
    assert str(result.exception).startswith(f"{site}/snmp.yaml is not there")


def test_a_play_that_nobody_received_does_not_look_like_a_success(site: Path) -> None:
    port = _closed_port()
    result = _run(str(site / "mine.yaml"), "--to", f"127.0.0.1:{port}")
    assert result.exit_code == 1
    assert f"nobody listened at 127.0.0.1 port {port}" in result.output


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM], ids=lambda signal_: signal_.name)
def test_ctrl_c_and_kill_clear_what_is_open(site: Path, signal_: signal.Signals) -> None:
    program = "from trapline.cli.simulate import simulate; simulate()"
    with _receiving() as receiver:
        to = "{}:{}".format(*receiver.address)
        with subprocess.Popen(
            [sys.executable, "-c", program, "storm", "--speed", "9", "--to", to], stdout=subprocess.PIPE, text=True
        ) as player:
            receiver.wait_for(150)
            player.send_signal(signal_)
            output, _ = player.communicate(timeout=30)
        sent = int(re.findall(r"cleared: ([\d,]+) traps", output)[0].replace(",", ""))
        receiver.wait_for(sent)
    assert player.returncode == 0
    last = {_texts(trap)[_SEQUENCE_ID]: _texts(trap)[_SEVERITY_CODE] for trap in _traps(receiver.received)}
    assert set(last.values()) == {"CLEAR"}


def test_a_signal_between_the_note_and_the_datagram_of_a_clear_loses_neither(site: Path) -> None:
    def noted(frame: FrameType, happened: str, _: object) -> Any:
        if frame.f_code.co_name != "_note":
            return None
        if happened == "return" and frame.f_locals["event"].is_clear:
            signal.raise_signal(signal.SIGTERM)
        return noted

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with _receiving() as receiver:
        sys.settrace(noted)
        try:
            result = _run(str(site / "mine.yaml"), "--to", "{}:{}".format(*receiver.address))
        finally:
            sys.settrace(None)
            for number, handler in handlers.items():
                signal.signal(number, handler)
        receiver.wait_for(2)
    assert "2 traps" in result.output
    assert [_texts(trap)[_SEVERITY_CODE] for trap in _traps(receiver.received)] == ["FATAL", "CLEAR"]


@pytest.mark.netsnmp
def test_the_snmptrap_lines_of_the_guide_do_what_it_says() -> None:
    guide = (_REPOSITORY / "docs" / "simulate.md").read_text()
    commands = re.findall(r"```sh\n(snmptrap .*?)```", guide, re.DOTALL)
    assert len(commands) == 2
    environment = {"PATH": "/usr/bin:/bin", "AUTH_PASSWORD": "an-auth-password",
                   "PRIVACY_PASSWORD": "a-privacy-password", "SNMP_PERSISTENT_DIR": "/nonexistent"}  # fmt: skip
    with _receiving() as receiver:
        for number, command in enumerate(commands, start=1):
            here = command.replace("127.0.0.1:1162", "{}:{}".format(*receiver.address))
            subprocess.run(["sh", "-c", here], check=True, env=environment, timeout=30)
            receiver.wait_for(number)
    down, up = _traps(receiver.received)
    assert (down.version, up.version, up.security_level) == ("v1", "v3", "authPriv")
    assert down.trap_oid == up.trap_oid == f"{ENTERPRISE}.0.3"
    assert (_texts(down)[_SEVERITY_CODE], _texts(up)[_SEVERITY_CODE]) == ("FATAL", "CLEAR")
    assert _texts(down)[_SEQUENCE_ID] == _texts(up)[_SEQUENCE_ID]
    assert len(down.varbinds) == len(up.varbinds) == 7
    assert up.engine_id == engine_id("oms01.example.com").hex()
