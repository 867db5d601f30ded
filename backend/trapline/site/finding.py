"""What is wrong or doubtful in a file: a line and a sentence. Pure."""

from typing import NamedTuple

from trapline.document import Document


class Finding(NamedTuple):
    """An error keeps the file from being used, a warning does not. `line` is 0 where it is about no line."""

    line: int
    sentence: str
    is_error: bool

    @classmethod
    def error(cls, document: Document, place: str, sentence: str) -> "Finding":
        return cls(document.line(place), sentence, is_error=True)

    @classmethod
    def warning(cls, document: Document, place: str, sentence: str) -> "Finding":
        return cls(document.line(place), sentence, is_error=False)
