"""The golden files that vitest reads are what the publisher says today, and a client comes to the same grid."""

import json

import pytest

from tests.golden.grid import generate
from tests.golden.grid.client import Client


@pytest.mark.parametrize("story", generate.STORIES)
def test_the_golden_file_is_what_the_publisher_says(story: str) -> None:
    file = generate.FOLDER / f"{story}.json"
    assert file.read_text() == generate.text_of(story), "run python -m tests.golden.grid.generate, then vitest"


def test_there_is_no_golden_file_without_a_story() -> None:
    assert {file.stem for file in generate.FOLDER.glob("*.json")} == set(generate.STORIES)


@pytest.mark.parametrize("story", generate.STORIES)
def test_a_client_that_hears_the_story_has_the_expected_grid(story: str) -> None:
    document = json.loads((generate.FOLDER / f"{story}.json").read_text())
    client = Client()
    for step in document["steps"]:
        client.take(step)
        assert client.is_in_sync is step["in_sync"]
    expected = document["expected"]
    assert client.position == (expected["epoch"], expected["frame"])
    assert client.cells == expected["cells"]
