"""`trapline mib …`: vendor MIBs, so that rules and people can say names instead of numbers."""

from collections.abc import Iterator
from pathlib import Path

import click

from trapline.mibs import store
from trapline.mibs.module import Kind, Module
from trapline.mibs.names import Mibs, Named
from trapline.protocol.errors import SettingError
from trapline.settings import Settings, load


@click.group()
def mib() -> None:
    """Add, list, show and remove MIBs."""


@mib.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def add(files: tuple[Path, ...]) -> None:
    """Compile MIB FILES, in any order; a module of a name that is known is replaced. All are added, or none.

    The inbox knows the names at once, rules from normalize's next start on.
    """
    # pysmi is imported to compile, and for nothing else.
    from trapline.mibs.compiler import Source, compile_files

    settings = load()
    home, before = settings.home, store.load(settings.home)
    modules = compile_files([Source(str(path), _octets(path)) for path in files], before.modules)
    _keep_rules(settings, before, Mibs({**before.modules} | {module.name: module for module in modules}))
    for module in modules:
        store.save(home, module)
        click.echo(_line(module))
        for repair in module.repairs:
            click.echo(f"  repaired: {repair}")


@mib.command("list")
def list_() -> None:
    """The modules that were added, then those that are built in."""
    added = store.added(load().home)
    for module in added.values():
        click.echo(_line(module))
    for name, module in store.built_in().items():
        if name not in added:
            click.echo(_line(module))


@mib.command()
@click.argument("name")
def show(name: str) -> None:
    """What NAME is: a module, a name, MODULE::name, or an OID in numbers."""
    mibs = store.load(load().home)
    module = mibs.modules.get(name)
    lines = list(_module(module)) if module is not None else _definitions(name, mibs)
    if not lines:
        raise SettingError(f"nothing is called {name!r}; `trapline mib list` shows the modules")
    click.echo("\n".join(lines))


@mib.command()
@click.argument("modules", nargs=-1, required=True)
def remove(modules: tuple[str, ...]) -> None:
    """Forget MODULES. All are removed, or none."""
    settings = load()
    before = store.load(settings.home)
    left = {name: module for name, module in store.added(settings.home).items() if name not in modules}
    _keep_rules(settings, before, Mibs(store.built_in() | left))
    for module in modules:
        store.remove(settings.home, module)
        click.echo(f"{module} is removed")


def _keep_rules(settings: Settings, before: Mibs, after: Mibs) -> None:
    """Raises SettingError when the site's rules can be read with the MIBs of before, and not with those of after."""
    # The rules bring Kafka's client along, which nothing else here needs.
    from trapline.normalize.component import load_rules

    try:
        load_rules(settings.site, before)
    except SettingError:
        return
    try:
        load_rules(settings.site, after)
    except SettingError as error:
        raise SettingError(f"the site's rules could not be read any more, so nothing is changed:\n{error}") from None


def _octets(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}; name a MIB file") from None


def _line(module: Module) -> str:
    definitions = module.definitions.values()
    notifications = sum(each.kind is Kind.NOTIFICATION for each in definitions)
    objects = sum(each.kind.has_instances for each in definitions)
    return f"{module.name}: {notifications} notifications, {objects} objects ({module.file or 'built in'})"


def _module(module: Module) -> Iterator[str]:
    yield _line(module)
    yield from (f"  repaired: {repair}" for repair in module.repairs)
    yield from (
        f"  {each.oid:<36} {name} ({each.kind})"
        for name, each in module.definitions.items()
        if each.kind is Kind.NOTIFICATION or each.kind.has_instances
    )


def _definitions(name: str, mibs: Mibs) -> list[str]:
    found = mibs.oids(name)
    if found:
        places = [
            Named(module, name.rpartition("::")[2], mibs.modules[module].definitions[name.rpartition("::")[2]], "")
            for module in found
        ]
    else:
        named = mibs.named(name.removeprefix("."))
        places = [named] if named is not None else []
    return [line for place in places for line in _definition(place, mibs)]


def _definition(named: Named, mibs: Mibs) -> Iterator[str]:
    definition = named.definition
    instance = f".{named.instance}" if named.instance else ""
    yield f"{named.module}::{named.text}"
    yield f"  OID      {definition.oid}{instance}"
    yield f"  kind     {definition.kind}"
    if (syntax := definition.syntax) is not None:
        yield f"  type     {syntax.name}" + (f" ({syntax.base})" if syntax.base != syntax.name else "")
        if syntax.labels:
            yield f"  values   {', '.join(f'{label}({number})' for number, label in sorted(syntax.labels.items()))}"
        if syntax.hint:
            yield f"  shown as {syntax.hint}"
    for each in definition.objects:
        (oid, *_) = mibs.oids(each).values() or ("",)
        yield f"  varbind  {each} {oid}".rstrip()
    if definition.text:
        yield f"  {definition.text}"
