"""Real ingest processes, real datagrams, a real broker; both are killed."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import msgspec
import pytest

from tests.ingest.running_ingest import COMMUNITY, CREDENTIALS, RunningIngest, Sender, Written, number_of, wait_for
from tests.running_broker import RunningBroker
from trapline.ingest import blind
from trapline.ingest.spool import Spool
from trapline.kafka.admin import ensure_topics
from trapline.protocol import canary
from trapline.protocol.topics import SNMP_TRAPS
from trapline.protocol.traps import PduType, Version
from trapline.snmp import encode

pytestmark = pytest.mark.kafka


def test_a_trap_becomes_a_record_with_its_sender_as_key(
    ingest: RunningIngest, sender: Sender, written: Written
) -> None:
    sender.trap()
    v1 = f"1.3.6.1.4.1.99999.{sender.trap_oid.rpartition('.')[2]}"
    sender.raw(
        encode.v1_trap(
            COMMUNITY,
            enterprise_oid=v1,
            generic_trap=6,
            specific_trap=7,
            agent_addr="192.0.2.1",
            uptime_ticks=5,
        )
    )
    wait_for(lambda: bool(written.of(sender.trap_oid) and written.of(f"{v1}.0.7")), "two records")
    records = {trap.trap_oid: (key, trap) for key, trap in written.records}
    key, trap = records[sender.trap_oid]
    assert (key, trap.version, trap.pdu_type, trap.security_name) == (
        "127.0.0.1",
        Version.V2C,
        PduType.TRAP_V2,
        "the-public-one",
    )
    assert number_of(trap) == 0
    _, trap = records[f"{v1}.0.7"]
    assert (trap.version, trap.agent_addr, trap.specific_trap) == (Version.V1, "192.0.2.1", 7)
    assert abs(int(trap.trap_id[:14], 16) / 1e6 - trap.received_at.timestamp()) < 1e-3


def test_an_inform_is_answered_and_its_record_is_there(sender: Sender, written: Written) -> None:
    assert sender.inform() == 0
    wait_for(lambda: written.numbers(sender) == [0], "the inform's record", timeout_s=2)


@pytest.mark.netsnmp
@pytest.mark.parametrize(
    "credentials",
    [
        ("-v2c", "-c", COMMUNITY.decode()),
        ("-v3", "-lauthPriv", "-uoem", "-aSHA", "-Aauthentication", "-xAES", "-Xprivacy-password"),
    ],
    ids=["v2c", "v3 with engine discovery"],
)
def test_net_snmps_inform_is_answered(
    ingest: RunningIngest, sender: Sender, written: Written, credentials: tuple[str, ...]
) -> None:
    command = ["snmpinform", "-r0", "-t5", *credentials, f"127.0.0.1:{ingest.port}", "1", sender.trap_oid]
    subprocess.run(command, check=True, timeout=20)
    wait_for(lambda: bool(written.of(sender.trap_oid)), "the inform's record")
    assert "refused" not in ingest.said


def test_garbage_is_refused_with_a_reason_and_nothing_stops(
    ingest: RunningIngest, sender: Sender, written: Written
) -> None:
    for garbage in (b"", b"\x30", b"hello", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80" * 10_000, os.urandom(1400)):
        sender.raw(garbage)
    wrong = encode.v2c_notification(b"guessed-community", trap_oid=sender.trap_oid, uptime_ticks=1, request_id=1)
    for _ in range(50):
        sender.raw(wrong)
    assert sender.inform() == 0
    wait_for(lambda: written.numbers(sender) == [0], "the one valid record")
    assert (
        "refused a datagram from 127.0.0.1: wrong_community. Its community is not among the configured ones."
        in ingest.said
    )
    assert ingest.said.count("wrong_community") == 1
    assert "guessed-community" not in ingest.said
    assert COMMUNITY.decode() not in ingest.said


def test_a_canary_of_somebody_else_is_refused(ingest: RunningIngest, sender: Sender) -> None:
    sender.raw(encode.v2c_notification(COMMUNITY, trap_oid=canary.TRAP_OID, uptime_ticks=1, request_id=1))
    wait_for(lambda: "forged_canary" in ingest.said, "the refusal")


def test_kafka_away_then_ingest_killed_then_everything_arrives_in_order(
    own_kafka: RunningBroker, cleanup: ExitStack
) -> None:
    ensure_topics(own_kafka.settings, (SNMP_TRAPS,))
    ingest = cleanup.enter_context(closing(RunningIngest(own_kafka.settings))).start()
    sender = cleanup.enter_context(closing(Sender(ingest.port)))
    answered = [sender.inform()]
    own_kafka.kill()
    sender.trap(300)
    answered += [sender.inform() for _ in range(5)]
    assert answered == [0, 301, 302, 303, 304, 305]
    ingest.kill()
    ingest.start()
    sender.trap(200)
    answered.append(sender.inform())
    assert answered[-1] == 506
    own_kafka.start()
    written = cleanup.enter_context(closing(Written(own_kafka.settings)))
    sender.trap(100)
    wait_for(lambda: len(set(written.numbers(sender))) == 607, "all 607 records")
    assert written.numbers(sender) == list(range(607))
    firsts = list(dict.fromkeys(number_of(trap) for trap in written.of(sender.trap_oid)))
    assert firsts == list(range(607)), "one sender is one partition: Kafka's order is the order of arrival"
    wait_for(lambda: sender.inform() is not None, "Kafka and ingest to be well")
    assert ingest.stop() == 0
    assert not list((ingest.home / "ingest" / "spool").glob("*.segment"))


def _has_grown(answered: list[int], to: int) -> bool:
    return len(answered) >= to


def test_kill_9_under_load_loses_nothing_that_was_answered(
    kafka: RunningBroker, cleanup: ExitStack, written: Written
) -> None:
    listening = cleanup.enter_context(closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
    listening.bind(("127.0.0.1", 0))
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings, listening))).start()
    storm, caller = (cleanup.enter_context(closing(Sender(ingest.port))) for _ in range(2))
    answered: list[int] = []
    is_over = threading.Event()

    def call() -> None:
        while not is_over.is_set():
            number = caller.inform(timeout_s=0.5)
            answered.extend([] if number is None else [number])

    def blow() -> None:
        while not is_over.wait(0.005):
            storm.trap(5)

    threads = [threading.Thread(target=call), threading.Thread(target=blow)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        enough = len(answered) + 20
        wait_for(partial(_has_grown, answered, enough), "informs answered")
        ingest.kill()
        ingest.start()
    is_over.set()
    for thread in threads:
        thread.join()
    assert storm.inform() is not None, "it is through with what the kernel had queued"
    assert ingest.stop() == 0
    wait_for(lambda: set(answered) <= set(written.numbers(caller)), "every answered inform")
    # The socket stayed open, so of the traps only those are missing that a killed process had in its memory.
    arrived = written.numbers(storm)
    assert sorted(arrived) == arrived
    assert len(set(arrived)) > storm.sent * 0.9


@pytest.mark.parametrize(
    ("end", "told"),
    [
        pytest.param(RunningIngest.stop, [], id="stopped in order: nothing was lost"),
        pytest.param(RunningIngest.kill, [blind.KILLED], id="killed: what it had in memory may be lost"),
    ],
)
def test_a_kept_socket_queues_over_a_restart(
    kafka: RunningBroker,
    cleanup: ExitStack,
    written: Written,
    end: Callable[[RunningIngest], object],
    told: list[str],
) -> None:
    node = f"kept-{len(told)}-blind"
    variables = {"TRAPLINE_NODE_NAME": node, "TRAPLINE_CANARY_INTERVAL_S": "0.2"}
    listening = cleanup.enter_context(closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
    listening.bind(("127.0.0.1", 0))
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings, listening, variables))).start()
    sender = cleanup.enter_context(closing(Sender(ingest.port)))
    assert sender.inform() == 0
    end(ingest)
    sender.trap(200)
    ingest.start()
    assert sender.inform() == 201
    wait_for(lambda: written.numbers(sender) == list(range(202)), "all records")
    seen = len(canaries(written, node))
    wait_for(lambda: len(canaries(written, node)) >= seen + 3, "canaries of the second run")
    assert [each[canary.BLIND_REASON] for each in canaries(written, node) if each[canary.BLIND_REASON]] == told
    state = msgspec.json.decode((ingest.home / "ingest" / "state.json").read_bytes())
    assert state["engine_boots"] == 2


def canaries(written: Written, node: str) -> list[dict[str, str | int | None]]:
    found = [{each.oid: each.value for each in trap.varbinds} for trap in written.of(canary.TRAP_OID)]
    return [each for each in found if each[canary.NODE] == node]


def test_a_canary_tells_the_time_without_a_socket_once(
    kafka: RunningBroker, cleanup: ExitStack, written: Written
) -> None:
    variables = {"TRAPLINE_NODE_NAME": "blind-at-start", "TRAPLINE_CANARY_INTERVAL_S": "0.2"}
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings, variables=variables))).start()
    wait_for(lambda: len(canaries(written, "blind-at-start")) >= 2, "two canaries")
    assert {each[canary.BLIND_REASON] for each in canaries(written, "blind-at-start")} == {""}
    ingest.kill()
    seen = len(written.of(canary.TRAP_OID))
    ingest.start()
    wait_for(lambda: len(canaries(written, "blind-at-start")) >= seen + 3, "canaries of the second run")
    told = [each for each in canaries(written, "blind-at-start") if each[canary.BLIND_REASON]]
    assert [each[canary.BLIND_REASON] for each in told] == [blind.NOT_RUNNING]
    assert str(told[0][canary.BLIND_FROM_AT]) < str(told[0][canary.BLIND_TO_AT]) < str(told[0][canary.SENT_AT])
    assert told[0][canary.LOST] == ""


def test_what_the_kernel_dropped_is_told_with_its_number(
    kafka: RunningBroker, cleanup: ExitStack, written: Written
) -> None:
    variables = {"TRAPLINE_NODE_NAME": "overrun", "TRAPLINE_CANARY_INTERVAL_S": "0.2"}
    variables["TRAPLINE_RECEIVE_BUFFER_BYTES"] = "65536"
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings, variables=variables))).start()
    sender = cleanup.enter_context(closing(Sender(ingest.port)))
    assert sender.inform() == 0
    ingest.signal(signal.SIGSTOP)
    sender.trap(2000)
    ingest.signal(signal.SIGCONT)
    wait_for(lambda: any(each[canary.LOST] for each in canaries(written, "overrun")), "the loss to be told")
    told = [each for each in canaries(written, "overrun") if each[canary.LOST]]
    assert told[0][canary.BLIND_REASON] == blind.KERNEL
    assert sender.inform() == 2001
    wait_for(lambda: 2001 in written.numbers(sender), "the last record")
    lost = sum(int(str(each[canary.LOST])) for each in told)
    assert lost == 2002 - len(written.numbers(sender)) > 1000


def catches_term(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def test_term_hands_over_what_was_received_and_ends_with_0(
    ingest: RunningIngest, sender: Sender, written: Written
) -> None:
    sender.trap(500)
    wait_for(lambda: bool(written.of(sender.trap_oid)), "the first record")
    assert ingest.stop() == 0
    wait_for(lambda: written.numbers(sender) == list(range(500)), "all records")
    assert not list((ingest.home / "ingest" / "spool").glob("*.segment"))


@pytest.mark.parametrize("moment", ["it catches TERM", "the spool is open"])
def test_term_during_the_start_ends_with_0_and_a_tidy_spool(
    kafka: RunningBroker, cleanup: ExitStack, moment: str
) -> None:
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings)))
    spool = ingest.home / "ingest" / "spool"
    process = ingest.spawn()
    wait_for(lambda: catches_term(process.pid) if moment == "it catches TERM" else (spool / "lock").exists(), moment)
    process.terminate()
    assert process.wait(20) == 0
    assert "records stay in the spool" in ingest.said
    reopened = Spool(spool, 1 << 20)  # nobody has it any more
    assert all(entry.is_canary for entry in reopened.read(reopened.delivered)[1])
    reopened.close()


def test_a_taken_port_is_one_sentence_and_exit_code_78(kafka: RunningBroker, cleanup: ExitStack) -> None:
    taken = cleanup.enter_context(closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
    taken.bind(("127.0.0.1", kafka.settings.trap_port))
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings)))
    assert ingest.spawn().wait(20) == 78
    assert ingest.said == (
        f"ERROR ingest: UDP port {ingest.port} on 127.0.0.1 cannot be bound: another program has it; "
        "stop it, or set TRAPLINE_TRAP_PORT\n"
    )


def test_bad_credentials_are_one_sentence_with_file_and_line(kafka: RunningBroker, cleanup: ExitStack) -> None:
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings)))
    (ingest.home / "snmp.yaml").write_text(CREDENTIALS.replace("SHA", "ROT13"))
    assert ingest.spawn().wait(20) == 78
    assert f"{ingest.home}/snmp.yaml, line 5: protocol is 'ROT13'" in ingest.said
    assert "Traceback" not in ingest.said


def test_a_descriptor_that_is_no_socket_is_one_sentence_and_exit_code_78(
    kafka: RunningBroker, cleanup: ExitStack
) -> None:
    ingest = cleanup.enter_context(closing(RunningIngest(kafka.settings, variables={"LISTEN_FDS": "1"})))
    assert ingest.spawn().wait(20) == 78
    assert ingest.said == "ERROR ingest: LISTEN_FDS names descriptor 3, but it is no socket: Bad file descriptor\n"
