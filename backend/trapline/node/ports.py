"""Whether a port can be had: asked before anything is started, so that the answer is one sentence."""

import errno
import socket

from trapline import udp
from trapline.protocol.errors import TraplineError


def check_tcp(host: str, port: int, way_out: str) -> None:
    """Raises TraplineError when nobody can listen there. `way_out` is what to do but to stop what has the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise _refusal("TCP", host, port, error, way_out) from error


def check_udp(host: str, port: int, way_out: str) -> None:
    """Raises TraplineError as `check_tcp` does. A host without IPv6 is no error: the supervisor says so."""
    try:
        udp.bind(host, port).close()
    except OSError as error:
        if ":" in host and error.errno in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}:
            return
        raise _refusal("UDP", host, port, error, way_out) from error


def _refusal(kind: str, host: str, port: int, error: OSError, way_out: str) -> TraplineError:
    if isinstance(error, PermissionError):
        return TraplineError(f"{kind} port {port} needs CAP_NET_BIND_SERVICE; grant it, or {way_out}")
    return TraplineError(
        f"{kind} port {port} on {host} cannot be had ({error.strerror}); stop what has it, or {way_out}"
    )
