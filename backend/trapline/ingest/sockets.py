"""The trap sockets: inherited or bound, their receive buffer, and what the kernel dropped on them.

- systemd's convention (sd_listen_fds(3)): LISTEN_FDS sockets from descriptor 3 on. LISTEN_PID is not compared: the
  supervisor that keeps the sockets open starts us through another process, so the number is not ours to check.
- A host without IPv6 is no error: said once, and the IPv4 sockets go on. A port that is taken is.
- An inherited IPv6 socket may map IPv4, which is shown as IPv4; ours (`udp`) are v6-only.
- The cookie names a socket as long as the machine runs: the same cookie after a restart means that the kernel
  queued for us meanwhile. The kernel's count of drops belongs to the socket, too.
"""

import errno
import logging
import socket
import struct
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final

from trapline import udp
from trapline.protocol.errors import SettingError

_FIRST_DESCRIPTOR: Final = 3
_SO_MEMINFO: Final = 55  # <asm-generic/socket.h>; Python does not name these
_SO_COOKIE: Final = 57
_MEMINFO: Final = struct.Struct("9I")
_MEMINFO_DROPS: Final = 8  # <linux/sock_diag.h>: the same counter that /proc/net/udp shows
_MAPPED: Final = "::ffff:"
_IPV4_INFO: Final = struct.Struct("=I4s4s")  # in_pktinfo: interface, our address, the header's destination
_IPV6_INFO: Final = struct.Struct("=16sI")  # in6_pktinfo, RFC 3542 section 6: our address, interface
CONTROL_BYTES: Final = socket.CMSG_SPACE(_IPV6_INFO.size)

Control = tuple[int, int, bytes]
"""Level, type and octets of an ancillary message, as `recvmsg` gives and `sendmsg` takes it."""

_log = logging.getLogger("trapline.ingest")


def inherited(environment: Mapping[str, str]) -> list[socket.socket]:
    """The UDP sockets that the supervisor (or systemd) passed. Raises SettingError for any other descriptor."""
    count = environment.get("LISTEN_FDS", "0")
    if not count.isdecimal():
        raise SettingError(f"LISTEN_FDS is {count!r}, which is no number; it is set by systemd or our supervisor")
    found = []
    for descriptor in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + int(count)):
        try:
            each = socket.socket(fileno=descriptor)
        except OSError as error:
            raise SettingError(
                f"LISTEN_FDS names descriptor {descriptor}, but it is no socket: {error.strerror}"
            ) from None
        if each.type != socket.SOCK_DGRAM or each.family not in {socket.AF_INET, socket.AF_INET6}:
            raise SettingError(f"LISTEN_FDS names descriptor {descriptor}, which is no UDP socket; use ListenDatagram=")
        each.setblocking(False)
        each.set_inheritable(False)
        udp.ask_for_destinations(each, each.getsockname()[0])
        found.append(each)
    return found


def bind(hosts: tuple[str, ...], port: int) -> list[socket.socket]:
    """A socket for each host. Raises SettingError when one cannot be bound, or none is left."""
    bound = []
    for host in hosts:
        try:
            each = udp.bind(host, port)
        except socket.gaierror as error:
            raise SettingError(f"TRAPLINE_TRAP_HOSTS names {host!r}, which is no address: {error.strerror}") from None
        except OSError as error:
            if ":" in host and error.errno in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL} and len(hosts) > 1:
                _log.info("no IPv6 on this host: traps come in over IPv4 only")
                continue
            raise SettingError(_refusal(host, port, error)) from None
        each.setblocking(False)
        bound.append(each)
    if not bound:
        raise SettingError(f"TRAPLINE_TRAP_HOSTS is {','.join(hosts)}: none of them can receive here")
    return bound


def _refusal(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            way_out = "another program has it; stop it, or set TRAPLINE_TRAP_PORT"
        case errno.EACCES:
            way_out = "ports below 1024 need CAP_NET_BIND_SERVICE; grant it, or set TRAPLINE_TRAP_PORT"
        case errno.EADDRNOTAVAIL:
            way_out = "this host does not have the address; correct TRAPLINE_TRAP_HOSTS"
        case _:
            way_out = f"{error.strerror}; see TRAPLINE_TRAP_HOSTS and TRAPLINE_TRAP_PORT"
    return f"UDP port {port} on {host} cannot be bound: {way_out}"


def request_receive_buffer(each: socket.socket, wanted: int) -> int:
    """Asks for a receive buffer of `wanted` octets. Returns what the kernel granted, and says when it is less."""
    granted = udp.ask_for_receive_buffer(each, wanted)
    if granted < wanted:
        _log.warning(
            "the kernel grants %d of %d octets of receive buffer, so a burst may be lost; "
            "run sysctl -w net.core.rmem_max=%d",
            granted,
            wanted,
            wanted,
        )
    return granted


def kernel_drops(each: socket.socket) -> int:
    """Datagrams that the kernel dropped on this socket since it was made, modulo 2^32."""
    octets = each.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    return int(_MEMINFO.unpack(octets)[_MEMINFO_DROPS])


def identity(each: socket.socket) -> str:
    """A name that no other socket has, until the machine restarts and after."""
    (cookie,) = struct.unpack("Q", each.getsockopt(socket.SOL_SOCKET, _SO_COOKIE, 8))
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{cookie}"


def from_where_it_came(control: Sequence[Control]) -> list[Control]:
    """What `sendmsg` needs for an answer to a datagram that `recvmsg` gave with `control`.

    The way back is the routing table's choice, but from a link-local address, which means nothing elsewhere.
    """
    for level, kind, octets in control:
        if (level, kind) == (socket.IPPROTO_IP, udp.IP_PKTINFO):
            _, ours, _ = _IPV4_INFO.unpack(octets)
            return [(level, kind, _IPV4_INFO.pack(0, ours, bytes(4)))]
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            address, interface = _IPV6_INFO.unpack(octets)
            is_local = IPv6Address(address).is_link_local
            return [(level, kind, _IPV6_INFO.pack(address, interface if is_local else 0))]
    return []


def shown(address: str) -> str:
    """An address as people know it: IPv4 that an IPv6 socket mapped is IPv4."""
    return address.removeprefix(_MAPPED) if address.startswith(_MAPPED) and "." in address else address
