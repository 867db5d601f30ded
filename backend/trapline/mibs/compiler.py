"""MIB texts to compiled modules: the only door to pysmi, off the hot path. Imported by the command line alone.

pysmi reads the grammar and follows OIDs; what a module imports is given to it as a stub of the compiled module, so that
texts which were added once are not needed again, and nothing is looked up on the network.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import PurePath
from typing import Any, NamedTuple

import msgspec
from pysmi.codegen.jsondoc import JsonCodeGen
from pysmi.compiler import MibCompiler
from pysmi.error import PySmiError
from pysmi.parser.dialect import smi_v1, smi_v1_relaxed
from pysmi.parser.smi import parserFactory
from pysmi.reader.callback import CallbackReader
from pysmi.writer.callback import CallbackWriter

from trapline.mibs import text as mib_text
from trapline.mibs.module import Module
from trapline.mibs.repair import REPAIRS
from trapline.mibs.resolve import resolve
from trapline.mibs.stub import as_asn1
from trapline.protocol.errors import SettingError


class Source(NamedTuple):
    """A MIB file: its name for errors and its octets."""

    file: str
    octets: bytes


class _Text(NamedTuple):
    file: str
    module: str
    text: str
    repairs: tuple[str, ...]
    imports: dict[str, tuple[str, ...]]


def compile_files(sources: Iterable[Source], known: Mapping[str, Module]) -> list[Module]:
    """The modules of all files, in the order in which they need each other.

    `known`: what is compiled already, by name. Raises SettingError that lists everything wrong, a line each.
    """
    waiting: dict[str, _Text] = {}
    wrong: list[str] = []
    for source in sources:
        found = _texts(source)
        if not found:
            wrong.append(f"{source.file} holds no MIB module: there is no line `NAME DEFINITIONS ::= BEGIN` in it")
        waiting.update({each.module: each for each in found})
    have = {name: module for name, module in known.items() if name not in waiting}
    done: list[Module] = []
    while waiting:
        ready = [each for each in waiting.values() if not any(name in waiting for name in each.imports)]
        # Modules that import each other in a circle have to be taken as they come.
        for each in ready or list(waiting.values())[:1]:
            del waiting[each.module]
            try:
                module = _compile(each, have)
            except SettingError as error:
                wrong.append(str(error))
                have.update({each.module: known[each.module]} if each.module in known else {})
                continue
            have[module.name] = module
            done.append(module)
    if wrong:
        raise SettingError("\n".join(wrong))
    return done


def _texts(source: Source) -> list[_Text]:
    text, repairs = mib_text.decode(source.octets)
    parts = mib_text.modules(mib_text.without_comments(text))
    return [_Text(source.file, part.module, part.text, repairs, mib_text.imports(part.text)) for part in parts]


def _compile(source: _Text, known: Mapping[str, Module]) -> Module:
    missing = [name for name in source.imports if name not in known]
    if missing:
        names = " and ".join(missing)
        raise SettingError(
            f"{source.file}: {source.module} imports from {names}, unknown here; "
            f"add the file of {names} too, in the same command or before"
        )
    text, repairs, first = source.text, list(source.repairs), ""
    for repair in (_as_it_is, *REPAIRS, _relaxed):
        repaired = repair(text)
        if repaired is None:
            continue
        text, sentence = repaired
        repairs.extend([sentence] if sentence else [])
        try:
            document = _pysmi(source.module, text, known, _parser(is_relaxed=repair is _relaxed))
        except PySmiError as error:
            first = first or _sentence(source, error)
        else:
            return resolve(source.module, document, known, file=PurePath(source.file).name, repairs=tuple(repairs))
    raise SettingError(first)


def _as_it_is(text: str) -> tuple[str, str]:
    return text, ""


def _relaxed(text: str) -> tuple[str, str]:
    return text, "read by a grammar that lets pass what the standard forbids, such as a label with a capital"


@cache
def _parser(*, is_relaxed: bool) -> Any:
    # Its tables take longer to build than most MIBs to parse.
    return parserFactory(**(smi_v1_relaxed if is_relaxed else smi_v1))(tempdir="")


def _pysmi(name: str, text: str, known: Mapping[str, Module], parser: Any) -> dict[str, Any]:
    """pysmi's JSON document of a module. Raises PySmiError."""
    written: dict[str, str] = {}

    def read(wanted: str, _context: object) -> str | None:
        if wanted == name:
            return text
        return as_asn1(known[wanted]) if wanted in known else None

    def write(module: str, document: str, _context: object) -> None:
        written[module] = document

    compiler = MibCompiler(parser, JsonCodeGen(), CallbackWriter(write))
    compiler.add_sources(CallbackReader(read))
    states = compiler.compile(name, noDeps=True, genTexts=True)
    if name not in written:
        errors = (getattr(state, "error", None) for state in states.values())
        raise next((error for error in errors if error is not None), PySmiError(f"the compiler left {name} out"))
    document: dict[str, Any] = msgspec.json.decode(written[name])
    return document


def _sentence(source: _Text, error: PySmiError) -> str:
    message = re.sub(r" at MIB [\w-]+(, line \S+)?", "", str(error))
    if found := re.fullmatch(r"Unknown parents? (?:for symbols|symbol): (.*)", message):
        message = f"{found[1]} has a type or a place that is neither defined nor imported"
    elif found := re.fullmatch(r'no symbol "(\S+)" in module "(\S+)"', message):
        message = (
            f"it takes {found[1]} from {found[2]}, which has none as it is known here; add the file of {found[2]} too"
        )
    line = re.search(r"line (\d+)", str(error))
    if line is None:
        return f"{source.file}: {source.module} cannot be compiled: {message}"
    quoted = source.text.split("\n")[int(line[1]) - 1 : int(line[1])]
    near = f", near {quoted[0].strip()[:80]!r}" if quoted else ""
    return f"{source.file}, line {line[1]}: {source.module} cannot be compiled{near}: {message}"
