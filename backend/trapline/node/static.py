"""The web bundle, with the headers that Crossbar's own static files cannot have.

The bundle is small and asked for by every screen at once after a restart, so it is kept in memory, compressed once, and
read again when index.html changed. Nothing outside the bundle can be named: a path is a key, never a file name.
"""

import base64
import gzip
import hashlib
import mimetypes
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

from twisted.web.resource import Resource

_PAGES = {"", "index.html", "kiosk"}
_IMMUTABLE = b"public, max-age=31536000, immutable"
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
_TEXT = {".html", ".js", ".css", ".svg", ".json", ".map", ".txt"}
_NOT_BUILT = b"The web bundle is not built: run `make start`, which builds it.\n"


class _InlineScripts(HTMLParser):
    """Collects the text of scripts without `src`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.texts: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_inside = tag == "script" and all(name != "src" for name, _value in attrs)
        if self._is_inside:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.texts[-1] += data


def script_hashes(html: str) -> tuple[str, ...]:
    """CSP sources ('sha256-…') of the inline scripts: the legacy build's detection snippets, nothing else may run."""
    parser = _InlineScripts()
    parser.feed(html)
    return tuple(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in parser.texts
    )


def content_security_policy(hashes: tuple[str, ...], host: str) -> str:
    """The policy of a page served to `host`: named, because 'self' does not cover ws: in older browsers."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    # Engines of CSP Level 1 know no hashes and would run no inline script at all, so not the legacy bundle either.
    # They heed 'unsafe-inline'; where hashes are understood, one of them makes it void (CSP Level 2, script-src).
    inline = ("'unsafe-inline'", *hashes) if hashes else ()
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *inline)),
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self'{sockets}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


class _File(NamedTuple):
    body: bytes
    gzipped: bytes | None
    content_type: bytes
    etag: bytes


def _load(path: Path) -> _File:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = path.suffix in _TEXT
    return _File(
        body,
        gzip.compress(body, 9, mtime=0) if is_text else None,
        f"{kind}; charset=utf-8".encode() if is_text else kind.encode(),
        b'"' + hashlib.sha256(body).hexdigest()[:20].encode() + b'"',
    )


class WebBundle(Resource):
    """Crossbar's `resource` for the path `/`. `extra.directory` is what the web build wrote."""

    def __init__(self, extra: dict[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self._directory = Path(extra["directory"])
        self._built_at_ns = -1
        self._files: dict[str, _File] = {}
        self._hashes: tuple[str, ...] = ()

    def getChild(self, path: bytes, request: Any) -> Any:  # noqa: ARG002, N802  (Twisted's names)
        """Every path that is not another resource's."""
        return self

    def render_GET(self, request: Any) -> bytes:  # noqa: N802  (Twisted's name)
        """A file of the bundle, its only page, or 404."""
        self._refresh()
        name = request.path.decode("utf-8", "replace").lstrip("/")
        is_page = name in _PAGES
        request.setHeader(b"x-content-type-options", b"nosniff")
        request.setHeader(b"referrer-policy", b"no-referrer")
        request.setHeader(b"cross-origin-opener-policy", b"same-origin")
        request.setHeader(b"cross-origin-resource-policy", b"same-origin")
        policy = content_security_policy(self._hashes, request.getHeader("host") or "")
        request.setHeader(b"content-security-policy", policy.encode())
        if is_page:
            request.setHeader(b"x-frame-options", b"DENY")
            request.setHeader(b"x-ua-compatible", b"IE=edge")
        file = self._files.get("index.html" if is_page else name)
        if file is None:
            request.setResponseCode(503 if is_page else 404)
            request.setHeader(b"cache-control", b"no-store")
            request.setHeader(b"content-type", b"text/plain; charset=utf-8")
            return _NOT_BUILT if is_page else b"Not found.\n"
        request.setHeader(b"cache-control", _IMMUTABLE if name.startswith("assets/") else b"no-cache")
        return _send(request, file)

    render_HEAD = render_GET  # noqa: N815  (Twisted's name)

    def _refresh(self) -> None:
        try:
            built_at_ns = (self._directory / "index.html").stat().st_mtime_ns
        except FileNotFoundError:
            return  # being built anew: what was read goes on
        if built_at_ns != self._built_at_ns:
            root = self._directory
            self._files = {path.relative_to(root).as_posix(): _load(path) for path in root.rglob("*") if path.is_file()}
            self._hashes = script_hashes(self._files["index.html"].body.decode("utf-8"))
            self._built_at_ns = built_at_ns


def _send(request: Any, file: _File) -> bytes:
    if request.setETag(file.etag):  # the browser has it: 304
        return b""
    request.setHeader(b"content-type", file.content_type)
    body = file.body
    if file.gzipped is not None:
        request.setHeader(b"vary", b"accept-encoding")
        if "gzip" in (request.getHeader("accept-encoding") or ""):
            request.setHeader(b"content-encoding", b"gzip")
            body = file.gzipped
    request.setHeader(b"content-length", str(len(body)).encode())
    return body
