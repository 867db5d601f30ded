"""A first `inventory.yaml` from a table: a list of servers, or Enterprise Manager's list of targets. Pure.

Known columns, in any order, case and with spaces or underscores: `server` or `name`; `tier`; `server_type` or `type`;
`target_type`, `target_name` (as `emcli get_targets -format="name:csv"` has them); `host` or `host_name`. What a table
does not say is guessed, and a comment says so.

Which host a target runs on: its column; its own name where it is a host or an agent; the host that its name holds.
Tier and server type: those of the server's most telling target.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from trapline.protocol.errors import SettingError
from trapline.site.placement import short
from trapline.site.yaml_text import quoted, said

_SERVER: Final = ("server", "server_name", "name")
_KIND: Final = ("server_type", "type")
_HOST: Final = ("host", "host_name")
_HOST_TYPE, _AGENT_TYPE = "host", "oracle_emd"

# From the most telling to the least: patterns of target types, the tier, the server type.
_TELLING: Final = (
    (re.compile(r"oracle_database|rac_database|oracle_pdb|oracle_listener|osm_.*|cluster|oracle_dbsys"), "database"),
    (re.compile(r"weblogic_.*|j2ee_application.*|oracle_ias_farm"), "weblogic"),
    (re.compile(r"oracle_apache|oracle_ohs|oracle_webcache"), "http"),
    (re.compile(r"(?!host$|oracle_emd$|oracle_home$).*"), ""),
    (re.compile(r".*"), "host"),
)
_TIERS: Final = {"database": "database", "weblogic": "application", "http": "web", "host": "hosts"}
_LABELS: Final = {"database": "Database", "weblogic": "WebLogic", "http": "HTTP server", "host": "Host"}


class _Server(NamedTuple):
    name: str
    tier: str
    type: str
    targets: tuple[str, ...]
    guessed: str


def inventory_text(text: str, file: str) -> str:
    """The table in `text` as an inventory. Raises SettingError."""
    servers = list(_servers(_rows(text, file), file))
    tiers = dict.fromkeys(server.tier for server in servers)
    types = dict.fromkeys(server.type for server in servers)
    lines = [
        f"# Made from {said(file)}. Look at what is marked as a guess, then: trapline inventory check",
        "site: Your site  # what the wall is called",
        "time_zone: UTC  # in which the wall shows times",
        "tiers:  # rows",
        *(f"  - {{id: {quoted(each)}, label: {quoted(each.capitalize())}}}" for each in tiers),
        "server_types:  # columns",
        *(f"  - {{id: {quoted(each)}, label: {quoted(_LABELS.get(each, each))}}}" for each in types),
        "servers:  # cells",
    ]
    for server in servers:
        stands = f"name: {quoted(server.name)}, tier: {quoted(server.tier)}, type: {quoted(server.type)}"
        targets = f", targets: [{', '.join(map(quoted, server.targets))}]" if server.targets else ""
        lines.append(f"  - {{{stands}{targets}}}" + (f"  # a guess: {said(server.guessed)}" if server.guessed else ""))
    return "\n".join(lines) + "\n"


def _rows(text: str, file: str) -> list[Mapping[str, str]]:
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    delimiter = max(",;\t|", key=head.count)
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise SettingError(f"{file} is no table of comma-separated values: {error}") from None
    names = ["_".join(name.casefold().split()) for name in table[0]] if table else []
    if not {"target_name", *_SERVER} & set(names):
        found = ", ".join(filter(None, names)) or "none"
        raise SettingError(f"{file} needs a column server, or target_type and target_name; its columns are: {found}")
    return [dict(zip(names, map(str.strip, row), strict=False)) for row in table[1:] if any(map(str.strip, row))]


def _servers(rows: list[Mapping[str, str]], file: str) -> Iterator[_Server]:
    hosts = sorted({host for row in rows if (host := _said_host(row))}, key=len, reverse=True)
    grouped: dict[str, list[tuple[Mapping[str, str], str]]] = {}
    names: dict[str, str] = {}
    for row in rows:
        name, guessed = _server_name(row, hosts)
        if not name:
            raise SettingError(f"{file}: a row has no name: {', '.join(row.values())[:80]}")
        names.setdefault(name.casefold(), name)
        grouped.setdefault(name.casefold(), []).append((row, guessed))
    taken: dict[str, str] = {}
    for folded, members in grouped.items():
        name = names[folded]
        targets = {f"{row['target_type']}:{row['target_name']}": None for row, _ in members if _is_target(row)}
        own = tuple(each for each in targets if taken.setdefault(each, name) == name)
        guesses = dict.fromkeys(guess for _, guess in members if guess)
        tier, kind = _first(members, ("tier",)), _first(members, _KIND)
        if not tier or not kind:
            telling = _most_telling(row["target_type"] for row, _ in members if _is_target(row))
            guesses |= dict.fromkeys([*([] if tier else ["its tier"]), *([] if kind else ["its type"])])
            kind = kind or telling
            tier = tier or _TIERS.get(telling, telling)
        yield _Server(name, tier, kind, own, ", ".join(guesses))


def _is_target(row: Mapping[str, str]) -> bool:
    return bool(row.get("target_type") and row.get("target_name"))


def _said_host(row: Mapping[str, str]) -> str:
    if host := next((row[each] for each in _HOST if row.get(each)), ""):
        return host
    kind, name = row.get("target_type"), row.get("target_name", "")
    return name if kind == _HOST_TYPE else name.partition(":")[0] if kind == _AGENT_TYPE else ""


def _server_name(row: Mapping[str, str], hosts: Iterable[str]) -> tuple[str, str]:
    """The server of a row, and what was guessed for it."""
    if named := next((row[each] for each in _SERVER if row.get(each)), ""):
        return named, ""
    if host := _said_host(row):
        return host, ""
    target = row.get("target_name", "")
    for host in hosts:
        bare = re.escape(short(host))
        if re.search(rf"(?<![A-Za-z0-9]){bare}(?![A-Za-z0-9-])", target, re.IGNORECASE):
            return host, f"that {target} runs on it"
    return target, f"that {target} is a server of its own"


def _first(members: Iterable[tuple[Mapping[str, str], str]], columns: Iterable[str]) -> str:
    return next((row[each] for row, _ in members for each in columns if row.get(each)), "")


def _most_telling(types: Iterable[str]) -> str:
    known = list(types)
    for pattern, kind in _TELLING:
        if found := next((each for each in known if pattern.fullmatch(each)), None):
            return kind or found
    return "host"
