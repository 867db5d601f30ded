"""The credentials file: what it means, and what is said about a wrong one, with its line and without its secrets."""

import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trapline.protocol.errors import SettingError
from trapline.snmp import ANY_ENGINE, load
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol


def write(folder: Path, text: str) -> Path:
    path = folder / "snmp.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_communities_and_users_are_read(tmp_path: Path) -> None:
    credentials = load(
        write(
            tmp_path,
            """
communities:
  - {name: public, community: s3cret}
users:
  - name: oem
    auth: {protocol: sha, password: oem-authentic}
    privacy: {protocol: AES, password: oem-private}
    engine_ids: any
  - name: router
    auth: {protocol: SHA-512, password: "12345678"}
    engine_ids: [80001f8880e9630000, "0x80:00:1f:88:81"]
  - name: plain
""",
        )
    )
    assert dict(credentials.name_by_community) == {b"s3cret": "public"}
    oem, router, plain = credentials.users
    assert (oem.auth_protocol, oem.privacy_protocol) == (AuthProtocol.SHA, PrivacyProtocol.AES)
    assert (oem.auth_password, oem.privacy_password) == (b"oem-authentic", b"oem-private")
    assert (oem.security_level, oem.engine_ids) == ("authPriv", ANY_ENGINE)
    assert (router.security_level, router.auth_password) == ("authNoPriv", b"12345678")
    assert router.engine_ids == frozenset({bytes.fromhex("80001f8880e9630000"), bytes.fromhex("80001f8881")})
    assert (plain.security_level, plain.engine_ids) == ("noAuthNoPriv", ANY_ENGINE)


@pytest.mark.parametrize(
    "text", ["", "communities:\nusers:\n", "communities: []\n"], ids=["empty", "no entries", "no users"]
)
def test_nobody_may_send_is_a_valid_file(tmp_path: Path, text: str) -> None:
    credentials = load(write(tmp_path, text))
    assert (credentials.communities, credentials.users) == ((), ())


USER = "users:\n  - name: oem\n    auth: {protocol: SHA, password: hidden-secret}\n"
WRONG = [
    pytest.param("communities: public\n", 1, "communities must be a list", id="no list"),
    pytest.param(
        "communities:\n  - public\n",
        2,
        "an entry of communities must be a mapping, but it is a text; allowed are name, community",
        id="no mapping",
    ),
    pytest.param("communities:\n  - {name: a}\n", 2, "there is no 'community' here", id="missing"),
    pytest.param("communities:\n  - {name: a, community: ''}\n", 2, "community must be a text", id="empty community"),
    pytest.param(
        "communities:\n  - {name: a, community: hidden-secret}\n  - {name: b, community: hidden-secret}\n",
        3,
        "the community of 'b' stands twice",
        id="community twice",
    ),
    pytest.param("user: []\n", 1, "a key means nothing here; allowed are communities, users", id="unknown name"),
    pytest.param(
        USER + "    color: red\n",
        4,
        "a key means nothing here; allowed are name, auth, privacy, engine_ids",
        id="unknown name of a user",
    ),
    pytest.param(
        USER.replace("SHA", "SHA-3"), 3, "protocol is 'SHA-3'; say one of MD5, SHA, SHA-224", id="auth protocol"
    ),
    pytest.param(
        USER + "    privacy: {protocol: AES-512, password: hidden-secret}\n",
        4,
        "protocol is 'AES-512'; say one of DES, AES",
        id="privacy protocol",
    ),
    pytest.param(USER.replace("hidden-secret", "short"), 3, "shorter than 8 octets", id="short password"),
    pytest.param(
        "users:\n  - name: oem\n    privacy: {protocol: AES, password: hidden-secret}\n",
        3,
        "privacy needs auth",
        id="privacy alone",
    ),
    pytest.param(USER + "    engine_ids: [nothex]\n", 4, "engine ID 'nothex' is no hex", id="engine ID"),
    pytest.param(USER + "    engine_ids: [80001f88]\n", 4, "has 4 octets", id="engine ID too short"),
    pytest.param(
        USER + "    engine_ids: 80001f8880\n", 4, "engine_ids must be a list or any", id="engine ID without list"
    ),
    pytest.param(USER + USER.removeprefix("users:\n"), 4, "user 'oem' stands twice", id="user twice"),
    pytest.param(USER + "    name: again\n", 4, "a key is here a second time", id="name twice"),
    pytest.param(USER + "   bad: [\n", 4, "this is no YAML", id="no YAML"),
]


@pytest.mark.parametrize(("text", "line", "sentence"), WRONG)
def test_a_wrong_file_is_refused_with_its_line_and_without_its_secrets(
    tmp_path: Path, text: str, line: int, sentence: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line {line}: ")
    assert sentence in message
    assert "hidden-secret" not in message
    assert "short" not in message.removeprefix(str(path)).replace("shorter", "")


def test_one_name_may_have_a_password_for_each_engine(tmp_path: Path) -> None:
    text = USER + "    engine_ids: [80001f8880]\n" + USER.removeprefix("users:\n") + "    engine_ids: any\n"
    assert len(load(write(tmp_path, text)).users_by_name[b"oem"]) == 2


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [(None, "cannot be read"), (b"\xff\xfe", "is not UTF-8"), (b"a: \x07", "is no YAML")],
    ids=["absent", "no text", "control characters"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, octets: bytes | None, sentence: str) -> None:
    path = tmp_path / "snmp.yaml"
    if octets is not None:
        path.write_bytes(octets)
    with pytest.raises(SettingError, match=sentence) as caught:
        load(path)
    assert str(path) in str(caught.value)


SECRET = "s3cr3t-0f-m1ne"
PIECES = (
    "communities", ":", "\n", "  - {", "name", ": ", "a", ", ", "community", ": ", SECRET, "}", "\n",
    "users", ":", "\n", "  - ", "name", ": ", "oem", "\n    ", "auth", ": ", "{", "protocol", ": ", "SHA", ", ",
    "password", ": ", SECRET, "}", "\n    ", "privacy", ": ", "{", "password", ": ", SECRET, ", ", "protocol", ": ",
    "AES", "}", "\n",
)  # fmt: skip
SIGNS = st.sampled_from(
    ["", "", ":", ": ", "- ", "\n", "\n  ", "{", "}", "[", "]", '"', "'", "&", "*", "!", "%", "#", SECRET]
)
CHANGES = st.lists(st.tuples(st.integers(0, len(PIECES) - 1), SIGNS, st.booleans()), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
def test_however_a_file_is_misspelled_no_error_shows_a_secret(
    tmp_path: Path, changes: list[tuple[int, str, bool]]
) -> None:
    pieces = list(PIECES)
    for place, sign, added in changes:
        pieces[place] = sign + pieces[place] if added else sign
    shown = ""
    try:
        load(write(tmp_path, "".join(pieces)))
    except SettingError as error:
        shown = "".join(traceback.format_exception(error, limit=0))

    assert SECRET not in shown


@pytest.mark.parametrize(
    "text",
    [
        f"communities: {SECRET}",
        f"communities: {{{SECRET}: a}}",
        f"communities: [{SECRET}]",
        f"communities: [{{{SECRET}: public}}]",
        f"communities: [{{{SECRET}: public, {SECRET}: other}}]",
        f"communities: [{{name: a, community: [{SECRET}]}}]",
        f"communities: [{{name: a, community: {{{SECRET}: b}}}}]",
        f"communities: [{{name: a, community: {SECRET}, community: {SECRET}}}]",
        f"communities: [{{name: a, community: !{SECRET} b}}]",
        f"communities: [{{name: a, community: *{SECRET}}}]",
        f"communities: [{{name: a, community: {'x' * 250}{SECRET}}}]",
        f"users: [{{name: a, auth: {SECRET}}}]",
        f"users: [{{name: a, auth: {{protocol: {SECRET}, password: SHA}}}}]",
        f"users: [{{name: a, auth: {{protocol: SHA, password: {SECRET}, {SECRET}: b}}}}]",
        f"users: [{{name: a, auth: {{protocol: SHA, password: [{SECRET}]}}}}]",
        f"users: [{{name: a, privacy: {{protocol: AES, password: {SECRET}}}}}]",
        SECRET,
        f"{SECRET}: []",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_shown(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingError) as caught:
        load(path)

    assert str(caught.value).startswith(f"{path}, line 1: ")
    assert SECRET not in "".join(traceback.format_exception(caught.value, limit=0))


@pytest.mark.parametrize("password", ["12345678", "01234567", "2026-02-30", "true", "1_000_000"], ids=repr)
def test_a_password_is_what_is_written_also_when_it_looks_like_a_number(tmp_path: Path, password: str) -> None:
    text = f"communities:\n  - {{name: a, community: {password}}}\n"
    assert [password.encode()] == list(load(write(tmp_path, text)).name_by_community)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("users: [{name: a, auth: }]", "auth must be a mapping, but it is empty; allowed are protocol, password"),
        ("users: [{name: a, engine_ids: }]", "engine_ids must be a text (put it in quotes) or a list, but it is empty"),
        ("communities: [{name: a, community: }]", "community must be a text (put it in quotes), but it is empty"),
    ],
)
def test_what_is_left_empty_is_not_taken_for_left_out(tmp_path: Path, text: str, sentence: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingError) as caught:
        load(path)

    assert f"{path}, line 1: {sentence}" == str(caught.value)
