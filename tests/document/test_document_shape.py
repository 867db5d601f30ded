"""A Document as a Struct: what is said when it is not one, with all that is allowed there."""

import traceback
from typing import Literal

import msgspec
import pytest

from trapline.document import parse
from trapline.protocol.errors import SettingError
from trapline.shape import shaped


class Round(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="round"):
    radius: float
    colour: Literal["red", "blue"] = "red"


class Square(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="square"):
    side: int
    names: tuple[str, ...] = ()


class Box(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str
    inside: tuple[Round | Square, ...] | None = None
    lid: Round | msgspec.UnsetType = msgspec.UNSET


def test_a_document_of_the_shape_is_the_struct() -> None:
    text = "label: a\ninside:\n- {form: round, radius: 2}\n- {form: square, side: 1, names: [x]}"

    assert Box("a", (Round(2.0), Square(1, ("x",)))) == shaped(parse(text, "f"), Box)


MISTAKES = [
    ("", 1, "the file must be a mapping, but it is empty; allowed are label, inside, lid"),
    ("{}", 1, "there is no 'label' here, and it is needed; add it"),
    ("label: 5", 1, "label must be a text (put it in quotes), but it is a number"),
    ("label: 2026-02-03", 1, "label must be a text (put it in quotes), but it is a date"),
    ("label: a\ninside: b", 2, "inside must be a list or empty, but it is a text"),
    ("label: a\nlid:", 2, "lid must be a mapping, but it is empty; allowed are form, radius, colour"),
    ("label: a\ninside:\n- b", 3, "an entry of inside must be a mapping, but it is a text; allowed are form, radius"),
    ("label: a\ninside:\n- form: oval", 3, "form is 'oval'; say one of round, square"),
    ("label: a\ninside:\n- {side: 1}", 3, "there is no 'form' here"),
    ("label: a\ninside:\n- form: round\n  radius: 2\n  colour: pink", 5, "colour is 'pink'; say one of blue, red"),
    ("label: a\ninside:\n- form: square\n  side: 2\n  colour: red", 5, "'colour' means nothing here; allowed are form, side, names"),
    ("label: a\ninside:\n- form: square\n  side: 2\n  names:\n  - x\n  - 1", 7, "an entry of names must be a text"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "sentence"), MISTAKES, ids=[each[0] for each in MISTAKES])
def test_a_mistake_is_said_in_plain_words_at_its_line(text: str, line: int, sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        shaped(parse(text, "f"), Box)

    assert str(caught.value).startswith(f"f, line {line}: {sentence}")


SECRET = "s3cr3t-0f-m1ne"


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"- {SECRET}",
        f"{SECRET}: a",
        f"label: a\ninside: {SECRET}",
        f"label: a\ninside: [{SECRET}]",
        f"label: a\ninside: [{{form: {SECRET}}}]",
        f"label: a\ninside: [{{form: round, radius: {SECRET}}}]",
        f"label: a\ninside: [{{form: round, {SECRET}: 5}}]",
        f"label: {{a: {SECRET}}}",
        f"label: a\n'{SECRET} - at `$.label': b",
    ],
)
def test_of_a_secret_document_nothing_is_quoted_also_not_in_the_traceback(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        shaped(parse(text, "f", secret=True), Box)

    assert str(caught.value).startswith("f, line ")
    assert SECRET not in "".join(traceback.format_exception(caught.value, limit=0))
