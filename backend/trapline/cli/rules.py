"""`trapline rules …`: what the rules are, and whether they do what their test cases say."""

from pathlib import Path

import click

from trapline.cli.counted import counted
from trapline.mibs.store import load as load_mibs
from trapline.normalize.case import failures, read_cases
from trapline.normalize.component import read_rule_file, rule_paths
from trapline.normalize.rulebook import load as load_rules
from trapline.normalize.schema import schema_text
from trapline.settings import load


@click.group()
def rules() -> None:
    """List the rules, run their test cases, print their JSON Schema."""


@rules.command("list")
def list_rules() -> None:
    """The rules in the order in which they decide: id, trap OIDs, where they stand."""
    settings = load()
    texts = [read_rule_file(path) for path in rule_paths(settings.site)]
    for rule in load_rules(texts, load_mibs(settings.home)).rules:
        oids = [*sorted(rule.trap_oids), *(f"{prefix}*" for prefix in rule.trap_oid_prefixes)]
        click.echo(f"{rule.id:<36} {' '.join(oids):<40} {rule.place}")


@rules.command("schema")
def schema() -> None:
    """Print the JSON Schema of rule files, for editors."""
    click.echo(schema_text(), nl=False)


@rules.command("test")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def test(files: tuple[Path, ...]) -> None:
    """Run the test cases in rule FILES; without FILES, those of the site and the shipped ones.

    The rules are FILES, then the site's, then the shipped ones, as if FILES lay in the site's folder.
    """
    wanted = {path.resolve() for path in files}
    settings = load()
    mibs = load_mibs(settings.home)
    known = rule_paths(settings.site)
    in_place = {path.resolve() for path in known}
    paths = [*(path for path in files if path.resolve() not in in_place), *known]
    texts = [read_rule_file(path) for path in paths]
    chosen = {text.name for path, text in zip(paths, texts, strict=True) if not wanted or path.resolve() in wanted}
    rulebook = load_rules(texts, mibs)
    cases = [case for case in read_cases(texts, mibs) if case.expect.document.file in chosen]
    wrong = [(case, told) for case in cases if (told := failures(case, rulebook))]
    for _, told in wrong:
        click.echo("\n".join(told))
    click.echo(f"{counted(len(cases), 'case')}, {len(wrong) or 'none'} failed")
    raise SystemExit(1 if wrong else 0)
