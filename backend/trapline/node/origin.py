"""Which web pages may talk to the node. Pure.

A browser says in `Origin` (RFC 6454) which page opens a WebSocket or sends a request, and a page of anybody's can name
our address. Rules: no Origin, no browser: allowed; the same host and port as in `Host`: our own page; an origin of
TRAPLINE_ALLOWED_ORIGINS: allowed; anything else, `null` too: refused.
"""

import re

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_ORIGIN = re.compile(r"(https?)://([^\s/?#@\\]+)", re.ASCII)


def normal(origin: str) -> str:
    """Lower case, without the scheme's default port; empty when it is no origin of a web page."""
    match = _ORIGIN.fullmatch(origin.strip().lower())
    if not match:
        return ""
    scheme, authority = match.groups()
    return f"{scheme}://{authority.removesuffix(_DEFAULT_PORTS[scheme])}"


def refusal(origin: str | None, host: str | None, allowed: frozenset[str]) -> str:
    """Why a request with these headers is refused; empty when it is not. `allowed` holds normal origins."""
    if origin is None:
        return ""
    page = normal(origin)
    # Whether TLS ends before us is not in the request: the page's scheme says which default port Host leaves out.
    scheme = page.partition("://")[0]
    if page and (page in allowed or page == normal(f"{scheme}://{host or ''}")):
        return ""
    return (
        f"a page of {origin[:100]!r} may not connect to {(host or 'this node')[:100]}; TRAPLINE_ALLOWED_ORIGINS lists "
        "who else may"
    )
