"""Names to OIDs and OIDs to names, over all modules. Pure.

An OID is the name with the longest beginning of it. Where two modules name the same OID, what was added comes before
what is built in, and a name for an object before one for a node.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from trapline.mibs.module import Definition, Kind, Module


class Named(NamedTuple):
    """An OID with its name. `instance`: the arcs after the definition's OID, in dots; empty when there are none."""

    module: str
    name: str
    definition: Definition
    instance: str

    @property
    def text(self) -> str:
        """As net-snmp writes it: `ifDescr.3`."""
        return f"{self.name}.{self.instance}" if self.instance else self.name


class Mibs:
    """What all modules know."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self._by_oid: dict[str, tuple[str, str, Definition]] = {}
        self._by_name: dict[str, dict[str, str]] = {}
        for module, name, definition in _all(modules):
            self._by_name.setdefault(name, {})[module] = definition.oid
            before = self._by_oid.get(definition.oid)
            if before is None or (before[2].kind is Kind.NODE and definition.kind is not Kind.NODE):
                self._by_oid[definition.oid] = (module, name, definition)

    def oids(self, name: str) -> dict[str, str]:
        """The OIDs that are called `name` or `MODULE::name`, each by the module that says so."""
        module, separator, plain = name.rpartition("::")
        found = self._by_name.get(plain if separator else name, {})
        return {each: oid for each, oid in found.items() if not separator or each == module}

    def named(self, oid: str) -> Named | None:
        """The name of an OID, or of the nearest thing above it; None when nothing above it has a name."""
        prefix, instance = oid, ""
        while prefix:
            if (found := self._by_oid.get(prefix)) is not None:
                return Named(*found, instance)
            prefix, _, arc = prefix.rpartition(".")
            instance = f"{arc}.{instance}" if instance else arc
        return None


def _all(modules: Mapping[str, Module]) -> Iterator[tuple[str, str, Definition]]:
    # What has a file was added by the user.
    for module in sorted(modules.values(), key=lambda each: (not each.file, each.name)):
        for name, definition in module.definitions.items():
            yield module.name, name, definition
