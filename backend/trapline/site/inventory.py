"""`inventory.yaml` to Inventory. Pure but for `load`. Every error names file, line, value and the way out."""

from pathlib import Path
from typing import Any, Final

import msgspec

from trapline import document as yaml_document
from trapline.document import Document
from trapline.protocol.errors import SettingError
from trapline.shape import first_problem, shaped
from trapline.site.checks import errors_of
from trapline.site.finding import Finding
from trapline.site.model import AutomaticServer, Inventory, Sender, Server, ServerType, TargetPeriod, Tier
from trapline.site.warnings import warnings_of

FILE_NAME: Final = "inventory.yaml"
_WAY_OUT: Final = "TRAPLINE_SITE names the folder that holds it"
_ENTRIES: Final[dict[str, type[msgspec.Struct]]] = {
    "tiers": Tier,
    "server_types": ServerType,
    "servers": Server,
    "placements": AutomaticServer,
    "senders": Sender,
    "periods": TargetPeriod,
}


def load(site: Path) -> Inventory:
    """The inventory in the folder `site`. Raises SettingError with the first thing that is wrong."""
    return _inventory(yaml_document.read(site / FILE_NAME, _WAY_OUT))


def changed_at(site: Path) -> int:
    """When the inventory in the folder was written last, in nanoseconds; 0 while it is not there."""
    try:
        return (site / FILE_NAME).stat().st_mtime_ns
    except OSError:
        return 0


def parse(text: str, file: str = FILE_NAME) -> Inventory:
    """YAML text as Inventory. Raises SettingError with the first thing that is wrong."""
    return _inventory(yaml_document.parse(text, file))


def examine(document: Document) -> tuple[Inventory | None, list[Finding]]:
    """All that is wrong or doubtful in a file, by line. No Inventory where something is wrong."""
    inventory, findings = _shaped(document)
    if inventory is not None:
        findings = errors_of(document, inventory) or warnings_of(document, inventory)
    is_wrong = any(finding.is_error for finding in findings)
    return None if is_wrong else inventory, sorted(findings, key=lambda finding: finding.line)


def _inventory(document: Document) -> Inventory:
    inventory = shaped(document, Inventory)
    if errors := sorted(errors_of(document, inventory), key=lambda finding: finding.line):
        more = f" ({len(errors) - 1} more: trapline inventory check)" if len(errors) > 1 else ""
        raise SettingError(f"{document.file}, line {errors[0].line}: {errors[0].sentence}{more}")
    return inventory


def _shaped(document: Document) -> tuple[Inventory | None, list[Finding]]:
    """The whole as Inventory; where that fails, what is wrong in each entry by itself, and in what holds them."""
    if first_problem(document, Inventory) is None:
        return shaped(document, Inventory), []
    if not isinstance(document.values, dict):
        return None, _wrong(document, document.values, Inventory, "$")
    findings: list[Finding] = []
    rest = dict(document.values)
    for part, kind in _ENTRIES.items():
        entries = document.values.get(part)
        if isinstance(entries, list):
            rest[part] = []
            for index, entry in enumerate(entries):
                findings += _wrong(document, entry, kind, f"$.{part}[{index}]")
    return None, [*findings, *_wrong(document, rest, Inventory, "$")]


def _wrong(document: Document, values: Any, kind: type[msgspec.Struct], place: str) -> list[Finding]:
    """Every word of a mapping that means nothing, and the first thing besides that is wrong with it."""
    findings: list[Finding] = []
    words = {field.encode_name for field in msgspec.structs.fields(kind)}
    while (problem := first_problem(document._replace(values=values), kind)) is not None:
        at, sentence = problem
        findings.append(Finding.error(document, f"{place}{at[1:]}", sentence))
        word = at.removeprefix("$.")
        if not isinstance(values, dict) or word in words or word not in values:
            break
        values = {name: value for name, value in values.items() if name != word}
    return findings
