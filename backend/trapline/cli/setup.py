"""`trapline setup`: makes what is missing and leaves alone what is there."""

import secrets
from pathlib import Path

import click

from trapline.node import broker, kafka_jars, wiring
from trapline.node.operators import write_secret
from trapline.protocol.errors import SettingError
from trapline.settings import Settings, load

_CREDENTIALS = """\
# The communities and SNMPv3 users that this node takes traps from. Mode 0600: these are secrets.
# `name` is what the wall and the records show; the community itself is never shown.
communities:
  - {{name: public, community: public}}
users:
  # OEM authenticates with SHA (SHA-1) or MD5 only; other senders may use SHA-256 and more.
  - name: oem
    auth: {{protocol: SHA, password: {auth}}}
    privacy: {{protocol: AES, password: {privacy}}}
    engine_ids: any
"""


@click.command()
def setup() -> None:
    """Make what is missing: secrets, SNMP credentials, the broker's jars."""
    set_up(load())
    click.echo("set up")


def set_up(settings: Settings) -> None:
    """Idempotent, and quick when there is nothing to do. Raises SettingError."""
    for directory in (settings.home, settings.run_dir, settings.home / "secrets"):
        _private(directory)
    secret = settings.home / "secrets" / "router"
    if not secret.exists():
        write_secret(secret, secrets.token_urlsafe(32) + "\n")
    if not settings.credentials_file.exists():
        if settings.snmp_credentials:
            raise SettingError(f"TRAPLINE_SNMP_CREDENTIALS names {settings.snmp_credentials}, which does not exist")
        write_secret(
            settings.credentials_file, _CREDENTIALS.format(auth=secrets.token_hex(12), privacy=secrets.token_hex(12))
        )
        click.echo(f"SNMP: community public and v3 user oem, passwords in {settings.credentials_file}")
    if settings.has_embedded_kafka:
        kafka_jars.fetch_missing(settings.home / "jars", click.echo)
        broker.train(settings, click.echo)
    if not (wiring.REPOSITORY / "web" / "dist" / "index.html").exists():
        click.echo("The web bundle is not built: `make start` builds it (or: npm ci && npm run build)")


def _private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        raise SettingError(f"{directory} cannot be made private ({error.strerror}); set TRAPLINE_HOME") from None
