"""On the real kernel's sockets."""

import os
import socket
from collections.abc import Iterator

import pytest

from trapline import udp
from trapline.ingest import sockets
from trapline.protocol.errors import SettingError


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        each.bind(("127.0.0.1", 0))
        yield each


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:0:1", "::ffff:0:1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
    ids=["IPv4", "mapped IPv4", "IPv6", "no mapped IPv4", "link-local"],
)
def test_an_address_is_shown_as_people_know_it(address: str, text: str) -> None:
    assert sockets.shown(address) == text


def test_both_families_share_a_port() -> None:
    ipv4 = sockets.bind(("127.0.0.1",), 0)[0]
    port = ipv4.getsockname()[1]
    ipv6 = sockets.bind(("::1",), port)[0]
    try:
        assert ipv6.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"six", ("::1", port))
        assert ipv6.recvfrom(10)[0] == b"six"
    finally:
        ipv4.close()
        ipv6.close()


def test_an_address_without_ipv6_here_is_passed_over_and_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    found = sockets.bind(("127.0.0.1", "2001:db8::1"), 0)
    assert [each.family for each in found] == [socket.AF_INET]
    assert caplog.text.count("no IPv6") == 1
    found[0].close()


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("192.0.2.1", "cannot be bound: this host does not have the address; correct TRAPLINE_TRAP_HOSTS"),
        ("not an address", "TRAPLINE_TRAP_HOSTS names 'not an address', which is no address"),
    ],
    ids=["another host's", "none"],
)
def test_a_host_that_cannot_be_bound_is_one_sentence(host: str, sentence: str) -> None:
    with pytest.raises(SettingError) as refused:
        sockets.bind((host,), 31999)
    assert sentence in str(refused.value)


def test_a_taken_port_is_one_sentence(taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    with pytest.raises(SettingError, match=f"UDP port {port} on 127.0.0.1 cannot be bound: another program has it"):
        sockets.bind(("127.0.0.1",), port)


def test_the_kernels_drops_are_counted(taken: socket.socket) -> None:
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    assert sockets.kernel_drops(taken) == 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(100):
            sender.sendto(b"x" * 1000, taken.getsockname())
    taken.setblocking(False)
    received = 0
    try:
        while taken.recv(2000):
            received += 1
    except BlockingIOError:
        assert sockets.kernel_drops(taken) == 100 - received > 0


def test_a_socket_has_one_identity_however_it_is_inherited(taken: socket.socket) -> None:
    copy = socket.socket(fileno=os.dup(taken.fileno()))
    other = sockets.bind(("127.0.0.1",), 0)[0]
    assert sockets.identity(copy) == sockets.identity(taken) != sockets.identity(other)
    copy.close()
    other.close()


def test_a_receive_buffer_that_the_kernel_cuts_is_said_with_the_sysctl(
    taken: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    assert sockets.request_receive_buffer(taken, 65536) == 65536
    assert caplog.text == ""
    wanted = 1 << 40 >> 10  # 1 GiB: the kernel's own ceiling of an int, halved, is below it
    granted = sockets.request_receive_buffer(taken, wanted)
    assert (f"run sysctl -w net.core.rmem_max={wanted}" in caplog.text) == (granted < wanted)


def test_a_listen_fds_that_is_no_number_is_one_sentence() -> None:
    with pytest.raises(SettingError, match="LISTEN_FDS is 'many', which is no number"):
        sockets.inherited({"LISTEN_FDS": "many"})


def test_without_listen_fds_nothing_is_inherited() -> None:
    assert sockets.inherited({}) == []


@pytest.mark.parametrize(("host", "to"), [("0.0.0.0", "127.0.0.77"), ("::", "::1")], ids=["IPv4", "IPv6"])
def test_a_socket_of_all_addresses_says_from_the_first_datagram_where_it_came(host: str, to: str) -> None:
    with udp.bind(host, 0) as listening, socket.socket(listening.family, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"first", (to, listening.getsockname()[1]))
        octets, control, _, _ = listening.recvmsg(10, sockets.CONTROL_BYTES)
        ((_, _, answer_from),) = sockets.from_where_it_came(control)
        assert octets == b"first"
        assert socket.inet_pton(listening.family, to) in answer_from


def test_a_socket_has_the_receive_buffer_it_was_bound_with() -> None:
    with udp.bind("127.0.0.1", 0, 65536) as small, udp.bind("127.0.0.1", 0, 131072) as large:
        sizes = [each.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2 for each in (small, large)]
    assert sizes == [65536, 131072]
