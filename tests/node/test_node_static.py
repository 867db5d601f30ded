"""The page may run its own scripts and nothing else; what has a hash in its name stays for ever."""

import gzip
import http.client
import os
from pathlib import Path
from typing import Any

import pytest
from twisted.web.test.requesthelper import DummyRequest

from tests.running_router import RunningRouter
from trapline.node.static import WebBundle, content_security_policy, script_hashes

PAGE = '<!doctype html><script src="./assets/a.js"></script><script nomodule>alert(1)</script>'
ALERT = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"


class Request(DummyRequest):
    """As much of a Twisted request as the resource asks for."""

    def __init__(self, path: str, **headers: str) -> None:
        super().__init__([path.lstrip("/").encode()])
        self.path = path.encode()
        self.etags: list[bytes] = []
        for name, value in {"host": "wall.example.com:8080", **headers}.items():
            self.requestHeaders.addRawHeader(name.replace("_", "-"), value)

    def setETag(self, etag: bytes) -> Any:
        self.etags.append(etag)
        is_known = self.requestHeaders.getRawHeaders("if-none-match") == [etag.decode()]
        if is_known:
            setattr(self, "responseCode", 304)  # typed as None in Twisted
        return "cached" if is_known else None

    def answered(self, name: str) -> str:
        return (self.responseHeaders.getRawHeaders(name) or [""])[0]


@pytest.fixture
def bundle(tmp_path: Path) -> WebBundle:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets" / "a.js").write_text("1")
    (tmp_path.parent / "secret.txt").write_text("secret")
    return WebBundle({"directory": str(tmp_path)})


def _get(bundle: WebBundle, path: str, **headers: str) -> tuple[Request, bytes]:
    request = Request(path, **headers)
    return request, bundle.render_GET(request)


def test_only_inline_scripts_are_hashed() -> None:
    assert script_hashes(PAGE) == (ALERT,)
    assert script_hashes('<script id="x" data-src="a">alert(1)</script>') == (ALERT,)
    assert script_hashes("<p>no script</p>") == ()


def test_the_policy_allows_no_inline_script_but_the_hashed_and_no_frame() -> None:
    policy = content_security_policy((ALERT,), "wall.example.com")
    # With a hash beside it 'unsafe-inline' is void (CSP Level 2); without one it would not be, so it must not stand there.
    assert f"script-src 'self' 'unsafe-inline' {ALERT};" in policy
    assert "unsafe-inline" not in content_security_policy((), "wall.example.com")
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self' ws://wall.example.com wss://wall.example.com;" in policy


@pytest.mark.parametrize(
    "host", ["a; script-src *", "a b", "", "a\r\nx: y"], ids=["policy", "space", "empty", "header"]
)
def test_a_forged_host_does_not_get_into_the_policy(host: str) -> None:
    assert "connect-src 'self';" in content_security_policy((), host)


@pytest.mark.parametrize("path", ["/", "/index.html", "/kiosk"])
def test_pages_are_the_same_page_and_are_asked_for_again(bundle: WebBundle, path: str) -> None:
    request, body = _get(bundle, path)
    assert body.decode() == PAGE
    assert request.answered("cache-control") == "no-cache"
    assert request.answered("x-content-type-options") == "nosniff"
    assert request.answered("referrer-policy") == "no-referrer"
    assert request.answered("x-frame-options") == "DENY"
    assert ALERT in request.answered("content-security-policy")


def test_assets_stay_for_ever_and_may_be_compressed(bundle: WebBundle) -> None:
    request, body = _get(bundle, "/assets/a.js", accept_encoding="gzip, br")
    assert gzip.decompress(body) == b"1"
    assert "immutable" in request.answered("cache-control")
    assert request.answered("content-encoding") == "gzip"
    assert request.answered("vary") == "accept-encoding"


def test_what_the_browser_has_is_not_sent_again(bundle: WebBundle) -> None:
    request, _ = _get(bundle, "/")
    again, body = _get(bundle, "/", if_none_match=request.etags[0].decode())
    assert again.responseCode == 304
    assert body == b""


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/", "/assets/../../secret.txt", "/x"])
def test_nothing_outside_the_bundle_can_be_named(bundle: WebBundle, path: str) -> None:
    request, body = _get(bundle, path)
    assert request.responseCode == 404
    assert b"secret" not in body


def test_a_new_build_is_served_without_a_restart(bundle: WebBundle, tmp_path: Path) -> None:
    _get(bundle, "/")
    (tmp_path / "index.html").write_text("new")
    os.utime(tmp_path / "index.html", ns=(1, 1))
    assert _get(bundle, "/")[1] == b"new"


def test_a_bundle_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    request, body = _get(WebBundle({"directory": str(tmp_path / "none")}), "/")
    assert request.responseCode == 503
    assert b"make start" in body


@pytest.mark.node
def test_the_node_serves_the_page_with_these_headers_and_lets_no_other_page_read_it(router: RunningRouter) -> None:
    """Crossbar's own `static` sends no policy, `Access-Control-Allow-Origin: *`, and lets the page be kept for 12 h."""
    connection = http.client.HTTPConnection("127.0.0.1", router.settings.web_port, timeout=10)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert answer.status == 503 or headers["cache-control"] == "no-cache"  # 503: the bundle is not built
    assert "access-control-allow-origin" not in headers
