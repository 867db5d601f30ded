"""`trapline check`: everything that a node reads at its start, read the same way."""

import click

from trapline.kafka.check import check_client
from trapline.mibs import store
from trapline.normalize.component import load_rules
from trapline.protocol.errors import SettingError
from trapline.settings import Settings, load
from trapline.site import inventory
from trapline.snmp import credentials, twin


@click.command()
def check() -> None:
    """Check settings, credentials, rules and inventory."""
    for sentence in check_all(load()):
        click.echo(sentence)


def check_all(settings: Settings) -> list[str]:
    """What was read, a line each. Raises SettingError at the first that is wrong."""
    for private in (settings.credentials_file, settings.home / "secrets" / "router", settings.home / "operators.json"):
        mode = private.stat().st_mode & 0o777 if private.exists() else 0
        if mode & 0o077:
            raise SettingError(f"{private} can be read by others (mode {mode:o}); chmod 600 it")
    check_client(settings)
    known = credentials.load(settings.credentials_file)
    site = inventory.load(settings.site)
    mibs = store.load(settings.home)
    rules = load_rules(settings.site, mibs)
    return [
        f"credentials: {len(known.communities)} communities, {len(known.users)} users in {settings.credentials_file}",
        f"site: {site.site}, {len(site.servers)} servers in {settings.site}",
        f"rules: {len(rules.rules)}, MIB modules: {len(mibs.modules)}",
        f"SNMP decoder: {'compiled' if twin.IS_COMPILED else 'in Python (no C compiler when it was installed)'}",
    ]
