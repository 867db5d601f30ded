"""The funnel as a browser gets it, from a real router, which may die: traps are taken all the same."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.foreign_client import ForeignClient
from tests.ingest.running_ingest import CREDENTIALS, Sender, wait_for
from tests.running_broker import RunningBroker, free_ports
from tests.running_router import RunningRouter
from trapline.ingest.counts import SENTENCES
from trapline.kafka.admin import ensure_topics
from trapline.protocol.topics import SNMP_TRAPS
from trapline.protocol.uris import FUNNEL_GET, SENDERS_GET
from trapline.snmp import User, encode
from trapline.snmp.keys import AuthProtocol
from trapline.snmp.usm import Keys

pytestmark = pytest.mark.kafka


@pytest.fixture
def router(kafka: RunningBroker) -> Iterator[RunningRouter]:
    ensure_topics(kafka.settings, (SNMP_TRAPS,))
    with closing(RunningRouter(kafka.settings)) as running:
        (running.settings.home / "snmp.yaml").write_text(CREDENTIALS)
        yield running.start()


def funnel_of(router: RunningRouter) -> dict[str, Any]:
    with closing(ForeignClient(router.settings.web_port)) as client:
        funnel: dict[str, Any] = client.call_when_served(FUNNEL_GET)
        return funnel


def test_the_funnel_says_what_became_of_each_datagram_also_after_the_router_died(router: RunningRouter) -> None:
    port = free_ports(1)
    router.stage(
        "ingest",
        TRAPLINE_TRAP_PORT=str(port),
        TRAPLINE_TRAP_HOSTS="127.0.0.1",
        TRAPLINE_CANARY_INTERVAL_S="0.2",
    )
    first = funnel_of(router)
    assert (first["received"], first["accepted"], first["refused"]) == (0, 0, [])
    with closing(Sender(port)) as sender:
        sender.trap(3)
        for _ in range(2):
            sender.raw(encode.v2c_notification(b"wrong", trap_oid=sender.trap_oid, uptime_ticks=1, request_id=1))
        sender.raw(b"garbage")
        assert sender.inform() == 3
        wait_for(lambda: funnel_of(router)["stored"] == 4, "four records in Kafka")
        funnel = funnel_of(router)
        funnel.pop("stages", None)  # what stages did on a broker that others use, too
        (ours,) = (each for each in funnel.pop("senders") if each["sender"] == "127.0.0.1")
        assert {"accepted": 4, "wrong_community": 2, "not_snmp": 1} == {
            each["reason"]: each["count"] for each in ours["ingest"]
        }
        assert funnel == {
            "since": first["since"],
            "received": 7,
            "accepted": 4,
            "stored": 4,
            "spooled": funnel["spooled"],
            "spool_dropped": 0,
            "kernel_dropped": 0,
            "refused": [
                {"reason": "wrong_community", "count": 2, "sentence": SENTENCES["wrong_community"]},
                {"reason": "not_snmp", "count": 1, "sentence": SENTENCES["not_snmp"]},
            ],
        }
        router.kill()
        assert sender.inform() == 4
        router.start()
        wait_for(lambda: funnel_of(router)["stored"] == 5, "five records in Kafka")


def test_what_is_held_is_in_the_funnel_and_its_sender_is_listed(router: RunningRouter) -> None:
    port = free_ports(1)
    router.stage("ingest", TRAPLINE_TRAP_PORT=str(port), TRAPLINE_TRAP_HOSTS="127.0.0.1")
    engine = bytes.fromhex("80001f8805") + secrets.token_bytes(8)
    keys = Keys(User("funnel-newcomer", AuthProtocol.SHA, b"newcomers-password"), engine)
    with closing(Sender(port)) as sender, closing(ForeignClient(router.settings.web_port)) as client:
        assert client.call_when_served(FUNNEL_GET)["received"] == 0
        for number in range(2):
            sender.raw(
                encode.v3_notification(
                    keys,
                    encode.Engine(engine, 1, 1),
                    trap_oid=sender.trap_oid,
                    uptime_ticks=1,
                    message_id=number,
                )
            )
        wait_for(lambda: funnel_of(router)["received"] == 2, "two datagrams")
        assert funnel_of(router)["held"] == [
            {"reason": "unknown_user", "count": 2, "sentence": SENTENCES["unknown_user"]}
        ]
        senders = client.call_when_served(SENDERS_GET)["senders"]
        (listed,) = [each for each in senders if each["engine_id"] == engine.hex()]
        assert (listed["security_name"], listed["held"], listed["is_approved"]) == ("funnel-newcomer", 2, None)
        assert listed["what_to_do"].startswith("add the user with its passwords to snmp.yaml")
        credentials = router.settings.home / "snmp.yaml"
        credentials.write_text("users: [{name: x, auth: {protocol: ROT13, password: abcdefgh}}]\n")
        wait_for(lambda: "ROT13" in client.call(SENDERS_GET).get("problem", ""), "what is wrong with the file")
        credentials.write_text(CREDENTIALS)
        wait_for(lambda: "problem" not in client.call(SENDERS_GET), "a file that is right again")
