"""`trapline simulate`: a site's Oracle Enterprise Manager, played from a scenario file over real SNMP."""

import signal
import sys
from pathlib import Path

import click

from trapline import settings as settings_module
from trapline.protocol.errors import SettingError
from trapline.settings import Settings
from trapline.simulate import scenario as scenarios
from trapline.simulate.play import Stop, Tally, play
from trapline.site import Inventory
from trapline.site import load as load_inventory
from trapline.snmp import Community, User
from trapline.snmp import load as load_credentials

_TO = "127.0.0.1"


@click.command(epilog="Scenarios of your own and plain snmptrap command lines: docs/simulate.md")
@click.argument("scenario", required=False)
@click.option("--to", metavar="HOST:PORT", help="Where the traps go; default: this node's trap port on 127.0.0.1.")
@click.option("--version", type=click.Choice(["v1", "v3"]), default="v1", show_default=True, help="SNMP version.")
@click.option("--as", "name", metavar="NAME", help="Community (v1) or user (v3) by its name; default: the first.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed plays the same packets.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="So many times as fast; the rate of a storm grows with it.",
)
def simulate(*, scenario: str | None, to: str | None, version: str, name: str | None, seed: int, speed: float) -> None:
    """Play SCENARIO as Oracle Enterprise Manager would: real SNMP traps of 2 to 3 kB, raise to clear.

    SCENARIO is the name of one of the site's scenarios or a YAML file; without it they are listed. Ctrl-C ends the
    play and clears what is open first.

    \b
      trapline simulate                           which scenarios are there
      trapline simulate first-look                two minutes that show what the wall does
      trapline simulate storm --version v3        500 events a second, authenticated and encrypted
      trapline simulate ./mine.yaml --speed 10    your own, ten times as fast
    """
    settings = settings_module.load()
    inventory = load_inventory(settings.site)
    if scenario is None:
        _list_scenarios(settings, inventory)
        return
    played = scenarios.load(_file_of(scenario, settings), inventory)
    host, port = _address(to, settings)
    secret = _secret(settings, version, name)
    # Clear first, also on TERM; and on INT where a shell that put us into the background had it ignored.
    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: setattr(stop, "is_wanted", True))
    click.echo(f"{played.title}: {_clock(played.length_s / speed)} to {host} port {port} as SNMP{version}", err=True)
    progress = _Progress(played.length_s / speed, f"{host} port {port}")
    try:
        tally = play(
            played, inventory, secret, (host, port), seed=seed, speed=speed, stop=stop, on_progress=progress.show
        )
    except OSError as error:
        raise click.ClickException(
            f"{host} port {port} cannot be reached: {error.strerror or error}; mend --to"
        ) from error
    progress.end()
    _report(tally, progress.where)


def _list_scenarios(settings: Settings, inventory: Inventory) -> None:
    folder = settings.site / "scenarios"
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise click.ClickException(f"{folder} holds no scenarios; docs/simulate.md shows how to write one")
    for file in files:
        read = scenarios.load(file, inventory)
        click.echo(f"{click.style(file.stem, bold=True)}  {_clock(read.length_s)} min")
        click.echo(click.wrap_text(read.about or read.title, 80, "    ", "    "))
    click.echo("\nPlay one by its name: trapline simulate NAME")


def _file_of(name: str, settings: Settings) -> Path:
    path = Path(name)
    shipped = settings.site / "scenarios" / f"{name}.yaml"
    if path.is_file() or not shipped.is_file():
        if not path.is_file():
            raise click.ClickException(
                f"{name!r} is neither a file nor a scenario in {shipped.parent}; `trapline simulate` lists them"
            )
        return path
    return shipped


def _address(to: str | None, settings: Settings) -> tuple[str, int]:
    if to is None:
        return _TO, settings.trap_port
    host, _, port = to.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise click.ClickException(f"--to is {to!r}; write HOST:PORT, for example 127.0.0.1:1162 or [::1]:1162")
    return host, int(port)


def _secret(settings: Settings, version: str, name: str | None) -> Community | User:
    file = settings.credentials_file
    if not file.exists():
        raise SettingError(f"{file} is not there, and it holds the communities and users; `trapline setup` makes it")
    credentials = load_credentials(file)
    known: tuple[Community | User, ...] = credentials.communities if version == "v1" else credentials.users
    what = "community" if version == "v1" else "user"
    for secret in known:
        if name in {None, secret.name}:
            return secret
    names = ", ".join(secret.name for secret in known) or "none"
    raise SettingError(f"{file} has no {what}{f' named {name!r}' if name else ''}; it has: {names}")


class _Progress:
    """One line on a terminal, rewritten; in a file nothing but what is wrong."""

    def __init__(self, total_s: float, where: str) -> None:
        self.where = where
        self._total_s = total_s
        self._is_terminal = sys.stderr.isatty()
        self._has_warned = False
        self._before = (0.0, 0)

    def show(self, tally: Tally) -> None:
        if tally.refused and not self._has_warned:
            self._has_warned = True
            click.echo(f"\rNobody listens at {self.where}; is the node running? Going on, in case it comes.", err=True)
        if not self._is_terminal or tally.elapsed_s < 1:
            return
        seconds, sent = tally.elapsed_s - self._before[0], tally.sent - self._before[1]
        if seconds > 0:
            rate = sent / seconds
            done = min(tally.elapsed_s / self._total_s, 1.0) if self._total_s else 1.0
            bar = "█" * round(done * 20) + "░" * (20 - round(done * 20))
            times = f"{_clock(tally.elapsed_s)} of {_clock(self._total_s)}"
            click.echo(f"\r{bar} {times}  {tally.sent:,} sent  {rate:,.0f}/s \x1b[K", err=True, nl=False)
        self._before = (tally.elapsed_s, tally.sent)

    def end(self) -> None:
        if self._is_terminal:
            click.echo(err=True)


def _report(tally: Tally, where: str) -> None:
    ending = "interrupted, what was open is cleared" if tally.interrupted else "done"
    rate = tally.sent / tally.elapsed_s if tally.elapsed_s else 0.0
    click.echo(
        f"{ending}: {tally.sent:,} traps, {tally.octets / 1e6:,.1f} MB in {_clock(tally.elapsed_s)}, {rate:,.1f}/s"
    )
    if tally.behind_s > 0.5:
        click.echo(
            f"this machine was up to {tally.behind_s:.1f} s behind the scenario: lower the rate or --speed", err=True
        )
    if tally.refused:
        lost = f"at least {tally.refused:,} of {tally.sent:,} traps"
        raise click.ClickException(f"nobody listened at {where} for {lost}; start the node, or mend --to")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
