"""Unknown senders with real ingest processes, net-snmp, a real broker: held, approved, released once, whoever dies."""

import itertools
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.foreign_client import ForeignClient
from tests.ingest.running_ingest import CREDENTIALS, RunningIngest, Sender, Written, wait_for
from tests.running_broker import RunningBroker, environment, free_ports
from tests.running_router import RunningRouter
from trapline.cli import trapline
from trapline.ingest.held_records import fold, held_of
from trapline.ingest.holding import RELEASE_PAUSE_S
from trapline.kafka.admin import ensure_topics
from trapline.kafka.exclusive import Exclusive
from trapline.kafka.reader import read_to_end
from trapline.kafka.records import Output
from trapline.protocol import codec
from trapline.protocol.commands import Command
from trapline.protocol.errors import KafkaUnavailable
from trapline.protocol.topics import COMMANDS, SENDERS, SNMP_HELD, SNMP_TRAPS
from trapline.protocol.traps import Held, Trap
from trapline.protocol.traps import Sender as DecidedSender
from trapline.protocol.uris import INBOX_GET
from trapline.settings import Settings
from trapline.snmp import User, encode
from trapline.snmp.keys import AuthProtocol
from trapline.snmp.usm import Keys

pytestmark = pytest.mark.kafka

PASSWORD = "newcomers-password"
_serial = itertools.count(os.getpid() % 1000 * 1000)


class Newcomer:
    """An SNMPv3 sender with an engine and a trap OID of its own, that snmp.yaml does not have yet."""

    def __init__(self) -> None:
        self.engine = bytes.fromhex("80001f8805") + secrets.token_bytes(8)
        self.trap_oid = f"1.3.6.1.4.1.99999.3.{next(_serial)}"
        self.user = User("newcomer", AuthProtocol.SHA, PASSWORD.encode())
        self._keys = Keys(self.user, self.engine)
        self.sent = 0

    @property
    def key(self) -> str:
        return f"{self.engine.hex()}/newcomer"

    def trap(self, sender: Sender, count: int = 1) -> None:
        for _ in range(count):
            self.sent += 1
            engine = encode.Engine(self.engine, 1, 100)
            sender.raw(
                encode.v3_notification(self._keys, engine, trap_oid=self.trap_oid, uptime_ticks=1, message_id=self.sent)
            )

    def decide(self, broker: Settings, *, is_approved: bool) -> None:
        decision = DecidedSender(
            engine_id=self.engine.hex(),
            security_name="newcomer",
            is_approved=is_approved,
            operator="anna",
            at=datetime.now(UTC),
        )
        Exclusive(broker, f"test-{self.engine.hex()}").write([Output(SENDERS, self.key, codec.encode(decision))])

    def held(self, broker: Settings) -> list[Held]:
        """What is in snmp-held, ended or not."""
        records = read_to_end(broker, SNMP_HELD)
        return fold(held for record in records if record.key == self.key.encode() for held in held_of(record))

    def waiting(self, broker: Settings) -> int:
        return sum(not held.outcome for held in self.held(broker))


def with_newcomer(engine_ids: str) -> str:
    return (
        f"{CREDENTIALS}  - name: newcomer\n    auth: {{protocol: SHA, password: {PASSWORD}}}\n"
        f"    engine_ids: {engine_ids}\n"
    )


def edit(ingest: RunningIngest, text: str) -> None:
    said = ingest.said.count("was edited")
    part = ingest.home / "edited"
    part.write_text(text)
    part.rename(ingest.home / "snmp.yaml")
    wait_for(lambda: ingest.said.count("was edited") > said, "the credentials to be read")


@pytest.fixture
def topics(kafka: RunningBroker) -> Settings:
    ensure_topics(kafka.settings, (SNMP_TRAPS, SNMP_HELD, SENDERS))
    return kafka.settings


@pytest.fixture
def newcomer(topics: Settings, ingest: RunningIngest, sender: Sender) -> Iterator[Newcomer]:
    """One of whom three traps are held in Kafka."""
    found = Newcomer()
    found.trap(sender, 3)
    wait_for(lambda: len(found.held(topics)) == 3, "three held records")
    yield found
    assert ingest.is_running, ingest.said


def ids(traps: list[Trap]) -> list[str]:
    return [trap.trap_id for trap in traps]


def test_an_unknown_user_is_held_until_the_credentials_have_it_and_then_comes_in_as_of_then(
    topics: Settings, ingest: RunningIngest, sender: Sender, newcomer: Newcomer, written: Written
) -> None:
    held = newcomer.held(topics)
    assert written.of(newcomer.trap_oid) == []
    edit(ingest, with_newcomer("any"))
    wait_for(lambda: len(written.of(newcomer.trap_oid)) == 3, "the held traps")
    traps = written.of(newcomer.trap_oid)
    assert sorted(ids(traps)) == [each.held_id for each in held]
    assert {trap.trap_id: trap.received_at for trap in traps} == {each.held_id: each.received_at for each in held}
    newcomer.trap(sender)
    wait_for(lambda: len(written.of(newcomer.trap_oid)) == 4, "a trap of a sender that is known now")
    assert newcomer.waiting(topics) == 0
    assert len(newcomer.held(topics)) == 3


def test_an_engine_that_its_user_does_not_have_needs_an_operator(
    topics: Settings, ingest: RunningIngest, sender: Sender, newcomer: Newcomer, written: Written
) -> None:
    edit(ingest, with_newcomer("[80001f88050000000000]"))
    newcomer.trap(sender)
    wait_for(lambda: len(newcomer.held(topics)) == 4, "a fourth one, right key and another engine")
    assert newcomer.held(topics)[-1].reason == "unknown_engine_id"
    assert written.of(newcomer.trap_oid) == []
    newcomer.decide(topics, is_approved=True)
    wait_for(lambda: len(written.of(newcomer.trap_oid)) == 4, "the held traps")
    newcomer.decide(topics, is_approved=False)
    wait_for(lambda: _refused(ingest, newcomer, sender), "a trap that is refused")
    assert newcomer.waiting(topics) == 0


def _refused(ingest: RunningIngest, newcomer: Newcomer, sender: Sender) -> bool:
    newcomer.trap(sender)
    return "refused_sender" in ingest.said


def test_a_mistyped_password_loses_nothing(
    topics: Settings, ingest: RunningIngest, newcomer: Newcomer, written: Written
) -> None:
    edit(ingest, with_newcomer("any").replace(PASSWORD, "mistyped-password"))
    wait_for(lambda: newcomer.waiting(topics) == 3, "all of them held still")
    edit(ingest, with_newcomer("any"))
    wait_for(lambda: len(written.of(newcomer.trap_oid)) == 3, "the held traps")


def test_credentials_that_are_wrong_are_said_and_the_old_ones_stay(
    ingest: RunningIngest, sender: Sender, written: Written
) -> None:
    (ingest.home / "snmp.yaml").write_text("users: [{name: x, auth: {protocol: ROT13, password: abcdefgh}}]\n")
    wait_for(lambda: "those that were read before stay" in ingest.said, "the sentence")
    assert "ROT13" in ingest.said
    sender.trap()
    wait_for(lambda: len(written.of(sender.trap_oid)) == 1, "a trap under the old credentials")


def test_traps_of_known_senders_come_in_while_the_credentials_are_edited(
    ingest: RunningIngest, sender: Sender, written: Written
) -> None:
    for number in range(3):
        sender.trap(50)
        edit(ingest, f"# edit {number}\n{CREDENTIALS}")
        sender.trap(50)
    wait_for(lambda: len(written.numbers(sender)) == 300, "every trap")
    assert written.numbers(sender) == list(range(300))


def test_two_nodes_that_learn_of_an_approval_release_once(
    topics: Settings, ingest: RunningIngest, newcomer: Newcomer, written: Written, cleanup: ExitStack
) -> None:
    other = cleanup.enter_context(closing(RunningIngest(replace(topics, trap_port=free_ports(1)))))
    other.start()
    for node in (ingest, other):
        edit(node, with_newcomer("[80001f88050000000000]"))
    newcomer.decide(topics, is_approved=True)
    wait_for(lambda: newcomer.waiting(topics) == 0, "the release")
    for node in (ingest, other):  # each of them looks once more
        edit(node, with_newcomer("any"))
        assert node.is_running, node.said
    wait_for(lambda: len(written.of(newcomer.trap_oid)) >= 3, "the held traps")
    assert len(ids(written.of(newcomer.trap_oid))) == 3


def test_what_another_node_holds_of_a_sender_known_here_is_released_with_a_pause_between(
    topics: Settings, ingest: RunningIngest, written: Written, cleanup: ExitStack
) -> None:
    other = cleanup.enter_context(closing(RunningIngest(replace(topics, trap_port=free_ports(1))))).start()
    there = cleanup.enter_context(closing(Sender(other.port)))
    newcomer = Newcomer()
    edit(ingest, with_newcomer("any"))
    released_at: list[float] = []
    for number in range(1, 4):
        newcomer.trap(there)
        wait_for(lambda number=number: len(written.of(newcomer.trap_oid)) == number, "the trap held there")  # type: ignore[misc]  # it is bound now
        released_at.append(time.monotonic())
    # The first one waits for nothing; half a second is how late a test may notice it.
    assert released_at[-1] - released_at[0] > 2 * RELEASE_PAUSE_S - 0.5


def test_a_release_that_is_cut_off_is_done_by_the_next_one_and_not_twice(
    topics: Settings, ingest: RunningIngest, sender: Sender, newcomer: Newcomer, written: Written
) -> None:
    edit(ingest, with_newcomer("[80001f88050000000000]"))
    newcomer.trap(sender, 897)
    wait_for(lambda: len(newcomer.held(topics)) == 900, "900 held records")
    newcomer.decide(topics, is_approved=True)
    left = 900
    while left:  # each time after the next of its transactions
        wait_for(lambda: newcomer.waiting(topics) < left, "some of the release")
        ingest.kill()
        left = newcomer.waiting(topics)
        ingest.start()
    wait_for(lambda: len(written.of(newcomer.trap_oid)) >= 900, "the held traps")
    assert sorted(ids(written.of(newcomer.trap_oid))) == [each.held_id for each in newcomer.held(topics)]


def test_what_one_began_another_one_ends(topics: Settings) -> None:
    first = Exclusive(topics, "test-exclusive")
    first.write([])
    second = Exclusive(topics, "test-exclusive")
    with pytest.raises(KafkaUnavailable, match="test-exclusive is not written"):
        first.write([Output(SENDERS, "80/test-exclusive", None)])
    second.write([Output(SENDERS, "80/test-exclusive", None)])
    assert sum(record.key == b"80/test-exclusive" for record in read_to_end(topics, SENDERS)) == 1


def test_what_is_held_waits_in_the_spool_while_kafka_is_away(own_kafka: RunningBroker, cleanup: ExitStack) -> None:
    broker = own_kafka.settings
    ensure_topics(broker, (SNMP_TRAPS, SNMP_HELD, SENDERS))
    ingest = cleanup.enter_context(closing(RunningIngest(broker))).start()
    sender = cleanup.enter_context(closing(Sender(ingest.port)))
    newcomer = Newcomer()
    newcomer.trap(sender)
    wait_for(lambda: len(newcomer.held(broker)) == 1, "the first one")
    own_kafka.kill()
    newcomer.trap(sender, 2)
    # The first one stands before them: a segment that is written to stays.
    wait_for(lambda: _spooled(ingest).count(b'"security_name":"newcomer"') == 3, "the spool to have them")
    ingest.kill()
    own_kafka.start()
    ensure_topics(broker, (SNMP_TRAPS, SNMP_HELD, SENDERS))
    ingest.start()
    wait_for(lambda: len(newcomer.held(broker)) == 3, "what waited in the spool")
    edit(ingest, with_newcomer("any"))
    with closing(Written(broker)) as written:
        wait_for(lambda: len(written.of(newcomer.trap_oid)) == 3, "the held traps")


def _spooled(ingest: RunningIngest) -> bytes:
    return b"".join(each.read_bytes() for each in (ingest.home / "ingest" / "spool").glob("*.segment"))


@pytest.mark.netsnmp
def test_net_snmps_trap_is_held_and_released(
    topics: Settings, ingest: RunningIngest, written: Written, tmp_path: Path
) -> None:
    newcomer = Newcomer()
    environment = os.environ | {"MIBS": "", "SNMPCONFPATH": str(tmp_path), "SNMP_PERSISTENT_DIR": str(tmp_path)}
    options = ["-v3", "-l", "authNoPriv", "-u", "newcomer", "-a", "SHA", "-A", PASSWORD]
    command = ["snmptrap", *options, "-e", f"0x{newcomer.engine.hex()}", f"127.0.0.1:{ingest.port}", "1"]
    subprocess.run([*command, newcomer.trap_oid], env=environment, check=True, timeout=30)
    wait_for(lambda: len(newcomer.held(topics)) == 1, "the held trap")
    edit(ingest, with_newcomer("any"))
    wait_for(lambda: len(written.of(newcomer.trap_oid)) == 1, "the released trap")


def run(settings: Settings, *arguments: str) -> str:
    """What `trapline sender` says on the machine of that node."""
    result = CliRunner(env=environment(settings)).invoke(trapline, ["sender", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def node(topics: Settings, cleanup: ExitStack) -> Settings:
    """A node with operate, where an operator sits."""
    router = cleanup.enter_context(closing(RunningRouter(topics)))
    (router.settings.home / "snmp.yaml").write_text(CREDENTIALS)
    router.start().stage("operate")
    with closing(ForeignClient(router.settings.web_port)) as client:
        client.call_when_served(INBOX_GET)
    return router.settings


def test_the_command_line_lists_approves_and_refuses(
    topics: Settings, node: Settings, ingest: RunningIngest, newcomer: Newcomer, written: Written
) -> None:
    here = ingest.settings
    listed = run(here, "list").split(newcomer.key)[1]
    assert listed.startswith("  undecided\n    3 held, 0 released, 0 refused, ")
    assert "from 127.0.0.1\n    unknown_user: Its SNMPv3 user is not among the configured ones." in listed
    assert "to do: add the user with its passwords to snmp.yaml" in listed
    told = run(node, "approve", newcomer.key, "--note", "new OEM")
    assert f"{newcomer.key} is approved" in told
    assert "has no user 'newcomer' yet" in told
    edit(ingest, with_newcomer("[80001f88050000000000]").replace(PASSWORD, "mistyped-password"))
    wait_for(lambda: "wrong_digest" in run(here, "list"), "what is wrong")
    assert "make the user in snmp.yaml as the sender has it" in run(here, "list").split(newcomer.key)[1]
    edit(ingest, with_newcomer("[80001f88050000000000]"))
    wait_for(lambda: newcomer.waiting(topics) == 0, "the release")
    wait_for(lambda: len(written.of(newcomer.trap_oid)) == 3, "the held traps")
    assert "3 released" in run(here, "list").split(newcomer.key)[1]
    assert f"{newcomer.key} is refused" in run(node, "refuse", newcomer.key)
    audit = [
        (command.action, command.note)
        for record in read_to_end(topics, COMMANDS)
        if (command := codec.decode(record.value or b"", Command)).target_id == f"trapline_sender:{newcomer.key}"
    ]
    assert audit == [("approve-sender", "new OEM"), ("refuse-sender", "")]


def test_what_is_no_sender_is_said(ingest: RunningIngest) -> None:
    result = CliRunner(env=environment(ingest.settings)).invoke(trapline, ["sender", "approve", "oem"])
    assert "'oem' is no sender; write ENGINE/USER" in str(result.exception)
