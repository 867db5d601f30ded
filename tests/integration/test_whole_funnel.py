"""Where did my trap die? The funnel from the socket to the status, over WAMP and on the command line."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tests.foreign_client import ForeignClient
from tests.ingest.running_ingest import COMMUNITY, CREDENTIALS, Sender
from tests.running_broker import RunningBroker, free_ports
from tests.running_node import wait_until
from tests.running_router import RunningRouter
from trapline.kafka.admin import ensure_topics
from trapline.protocol.grid import Funnel, FunnelReason
from trapline.protocol.traps import Varbind
from trapline.protocol.uris import FUNNEL_GET
from trapline.snmp import encode

pytestmark = pytest.mark.kafka

LINK_DOWN, LINK_UP = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4"


@pytest.fixture
def router(own_kafka: RunningBroker) -> Iterator[RunningRouter]:
    ensure_topics(own_kafka.settings)
    with closing(RunningRouter(own_kafka.settings)) as running:
        (running.settings.home / "snmp.yaml").write_text(CREDENTIALS)
        yield running.start()


def _link(trap_oid: str, community: bytes, number: int) -> bytes:
    return encode.v2c_notification(
        community,
        trap_oid=trap_oid,
        uptime_ticks=number,
        request_id=number,
        varbinds=(Varbind(oid="1.3.6.1.2.1.2.2.1.1.7", syntax="Integer32", value=7),),
    )


def _counts(reasons: tuple[FunnelReason, ...]) -> dict[str, int]:
    """Without our own test traps, of which there may be any number."""
    return {each.reason: each.count for each in reasons if each.reason != "canary"}


def test_every_trap_is_somewhere_in_the_funnel(own_kafka: RunningBroker, router: RunningRouter) -> None:
    port = free_ports(1)
    router.stage("ingest", TRAPLINE_TRAP_PORT=str(port), TRAPLINE_TRAP_HOSTS="127.0.0.1")
    for name in ("normalize", "track"):
        router.stage(name)

    def funnel() -> Funnel:
        with closing(ForeignClient(router.settings.web_port)) as client:
            return msgspec.convert(client.call_when_served(FUNNEL_GET), Funnel)

    def outcomes() -> dict[str, dict[str, int]]:
        return {stage.stage: _counts(stage.outcomes) for stage in funnel().stages}

    began = datetime.now(UTC)
    assert funnel().received == 0
    with closing(Sender(port)) as sender:
        for number, trap_oid in enumerate((LINK_DOWN, LINK_UP, LINK_DOWN), 1):
            sender.raw(_link(trap_oid, COMMUNITY, number))
        sender.raw(_link("1.3.6.1.4.1.99999.0.1", COMMUNITY, 4))
        sender.raw(_link(LINK_DOWN, b"wrong", 5))
        wait_until(lambda: outcomes().get("track", {}).get("counted", 0) == 3, 60, f"three are counted: {outcomes()}")
    found = funnel()

    assert (5, 4, 4) == (found.received, found.accepted, found.stored)
    assert {"normalize": {"matched": 3, "unknown_oid": 1}, "track": {"counted": 3}} == outcomes()
    (ours,) = (each for each in found.senders if each.ingest)
    assert "127.0.0.1" == ours.sender
    assert {"accepted": 4, "wrong_community": 1} == _counts(ours.ingest)
    assert {"matched": 3, "unknown_oid": 1} == _counts(ours.normalize)
    assert all(stage.since and began <= stage.since <= datetime.now(UTC) for stage in found.stages)
    assert [0, 0] == [stage.waiting for stage in found.stages]
    assert all(each.sentence.endswith(".") for stage in found.stages for each in stage.outcomes)

    said = _command(router, "funnel", "--sender", "127.0.0.1")
    assert "unknown_oid" in said
    assert "No rule is for its trap OID" in said
    assert "Nothing was received from it" in _command(router, "funnel", "--sender", "203.0.113.9")

    own_kafka.kill()
    wait_until(lambda: bool(funnel().problem), 60, "the funnel says that Kafka is away")
    assert 5 == funnel().received
    assert "is not known now" in _command(router, "funnel", "--senders")


def _command(router: RunningRouter, *words: str) -> str:
    trapline = str(Path(sys.executable).with_name("trapline"))
    done = subprocess.run(
        [trapline, *words], env=router.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout
