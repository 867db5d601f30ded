"""A trap socket, the same whoever binds it: the supervisor, which holds it over restarts, or ingest on its own.

Standard library only, because one supervisor runs per stage.

- An IPv6 socket is v6-only: IPv4 has its own.
- A socket of all addresses is told with each datagram to which one it came, for the answer to leave from it. That is
  asked for before the port is bound, or the first datagrams, which wait until ingest has started, would not say it.
"""

import socket
from typing import Final

IP_PKTINFO: Final = 8  # ip(7); Python does not name these
_SO_RCVBUFFORCE: Final = 33  # <asm-generic/socket.h>


def bind(host: str, port: int, receive_buffer_bytes: int | None = None) -> socket.socket:
    """A UDP socket that receives traps. Raises OSError, of which socket.gaierror says that `host` is no address."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if receive_buffer_bytes is not None:
            ask_for_receive_buffer(made, receive_buffer_bytes)
        ask_for_destinations(made, str(address[0]))
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def ask_for_receive_buffer(each: socket.socket, wanted: int) -> int:
    """Asks for `wanted` octets. Returns what the kernel granted, in the same measure: it books and shows the double."""
    try:
        each.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, wanted)
    except PermissionError:  # needs CAP_NET_ADMIN; without, the kernel cuts at net.core.rmem_max
        if each.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2 < wanted:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)
    return each.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def ask_for_destinations(each: socket.socket, address: str) -> None:
    """Of the datagrams that come from now on; a socket with one address need not be told."""
    if address == "::":
        each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    elif address == "0.0.0.0":  # noqa: S104  (compared, not bound)
        each.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
