"""A YAML file as values with lines, and what is said when it is none."""

import traceback
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from trapline.document import parse, read
from trapline.protocol.errors import SettingError

TEXT = "site: a\nservers:\n- name: x\n  targets:\n  - t1\n  - t2\n"


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("$", 1),
        ("$.site", 1),
        ("$.servers[0].name", 3),
        ("$.servers[0].targets[1]", 6),
        ("$.servers[0].tier", 3),
        ("$.servers[7].name", 3),
        ("$.nowhere", 1),
    ],
)
def test_a_place_has_its_line_or_that_of_what_holds_it(place: str, line: int) -> None:
    assert line == parse(TEXT, "f.yaml").line(place)


def test_an_unreadable_file_is_said_with_the_callers_way_out(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        read(tmp_path / "no.yaml", "make one")

    assert f"{tmp_path}/no.yaml cannot be read: No such file or directory; make one" == str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("a: 1\nb: 2026-02-30", "f, line 2: '2026-02-30' looks like a number or a date", id="no date"),
        pytest.param('a: !!int ""', "f, line 1: '' looks like a number or a date", id="no number"),
        pytest.param("a: !!timestamp soon", "f, line 1: 'soon' looks like", id="a tag that does not fit"),
        pytest.param("a: 1\nb: *c", "f, line 2: this is no YAML: found undefined alias", id="alias of nothing"),
        pytest.param("a: &x [*x]", "f: this is no YAML: ", id="holds itself"),
        pytest.param("a: 1\n\nb: 2\na: 3", "f, line 4: 'a' is here a second time; keep one of them", id="a key twice"),
    ],
)
def test_what_is_no_value_is_one_sentence_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse(text, "f")

    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    "text", ["0123", "12345678", "yes", "1e5", "2026-02-30", "0x1F", "1_000", "3.10", "=", "!!int secret"]
)
def test_in_a_secret_file_a_text_is_what_is_written(text: str) -> None:
    assert {"password": text.removeprefix("!!int ")} == parse(f"password: {text}", "f", secret=True).values


@pytest.mark.parametrize("text", ["", "~", "null"])
def test_in_a_secret_file_nothing_is_still_nothing(text: str) -> None:
    assert {"password": None} == parse(f"password: {text}", "f", secret=True).values


SECRET = "s3cr3t-0f-m1ne"


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader])  # they say what is wrong in other words
@pytest.mark.parametrize(
    "text",
    [
        f"a: *{SECRET}",
        f"a: !{SECRET}",
        f"a: !{SECRET} b",
        f"a: !{SECRET}!b c",
        f"a: {SECRET}: b",
        f"a: '{SECRET}",
        f"a: [{SECRET}",
        f"a: @{SECRET}",
        f'a: "\\q{SECRET}"',
        f"a: \x07{SECRET}",
        f"{SECRET}: 1\n{SECRET}: 2",
        f"a: &{SECRET} [*{SECRET}]",
        f"%YAML {SECRET}\n---\na: b",
        f"--- {SECRET}\n--- {SECRET}",
    ],
)
def test_an_error_of_a_secret_file_quotes_nothing_also_not_in_its_traceback(
    text: str, loader: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trapline.document._Loader", loader)
    with pytest.raises(SettingError) as caught:
        parse(text, "f", secret=True)

    assert SECRET not in "".join(traceback.format_exception(caught.value, limit=0))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab01:-[]{},&*!|>'\"%@#?\n\t ~."), max_size=40), st.booleans())
def test_whatever_a_text_holds_it_is_a_document_or_one_setting_error(text: str, secret: bool) -> None:
    said, lines = "f: ", [1]
    try:
        lines = [1, *parse(text, "f", secret=secret).lines.values()]
    except SettingError as error:
        said = str(error)

    assert said.startswith(("f, line ", "f: "))
    assert max(lines) <= text.count("\n") + 2  # a value left out at the very end is in the line after it
