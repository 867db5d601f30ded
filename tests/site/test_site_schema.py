"""The JSON Schema of inventory.yaml, for editors."""

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml

from trapline.site.duration import duration
from trapline.site.model import json_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "backend" / "trapline" / "site" / "inventory.schema.json"
EXAMPLE = ROOT / "examples" / "site" / "inventory.yaml"


def test_the_committed_schema_is_what_the_code_says() -> None:
    made = json.loads(json.dumps(json_schema()))
    assert json.loads(SCHEMA.read_text()) == made, f"trapline inventory schema > {SCHEMA}"


def test_the_sample_inventory_fits_its_schema_and_leads_to_it() -> None:
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(EXAMPLE.read_text()))
    _, _, path = EXAMPLE.read_text().splitlines()[0].partition("$schema=")
    assert (EXAMPLE.parent / path).resolve() == SCHEMA


@pytest.mark.parametrize(
    ("part", "is_right"),
    [
        pytest.param(
            {"servers": [{"name": "a", "tier": "t", "type": "x", "where": {"type": ["host", "ups"]}}]},
            True,
            id="a list",
        ),
        pytest.param({"servers": [{"name": "a", "tier": "t", "type": "x", "tagets": []}]}, False, id="a word misspelt"),
        pytest.param({"retired": ["no target"]}, False, id="no target"),
        pytest.param({"retire_after": "soon"}, False, id="no length"),
        pytest.param({"periods": [{"where": {"type": "ups"}, "period": "1h 30m"}]}, True, id="a length"),
        pytest.param(
            {"placements": [{"where": {}, "tier": "t", "type": "x", "server": "name"}]}, False, id="no choice"
        ),
    ],
)
def test_an_editor_sees_what_is_wrong(part: dict[str, Any], is_right: bool) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid({"site": "A"} | part) is is_right


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h 30m", 5_400), (" 26h ", 93_600), ("30d", 2_592_000)],
)
def test_a_length_of_time_is_read_as_it_is_written(text: str, seconds: int) -> None:
    assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "1w", "-1s", "1.5h", "0s", "3651d", "999999d"])
def test_what_is_no_length_of_time_says_what_is(text: str) -> None:
    with pytest.raises(ValueError, match="is no length of time"):
        duration(text)
