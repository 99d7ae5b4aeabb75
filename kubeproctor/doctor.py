"""`kubeproctor doctor`: what this machine has and lacks."""

from __future__ import annotations

import click

from fixtures.errors import CannotGrade

MARKS = {True: "✓", False: "✗", None: "!"}


@click.command()
@click.option("--fix", is_flag=True, help="Do what can safely be done (apt-get, mkdir, sysctl).")
@click.option("--quiet", is_flag=True, help="Say only what is done and what is wrong.")
def doctor(fix: bool, quiet: bool) -> None:
    """Look at this machine: can a cluster run here? Exit code 3 if not."""
    from fixtures.clusters import doctor as look

    if fix:
        look.repair()
    findings = look.examine()
    for finding in findings:
        if finding.ok is False or not quiet:
            click.echo(f"{MARKS[finding.ok]} {finding.what}")
            if finding.ok is not True and finding.fix:
                click.echo(f"    fix: {finding.fix}")
    wrong = [finding for finding in findings if finding.ok is False]
    if wrong:
        raise CannotGrade(f"{len(wrong)} of {len(findings)} things stand in the way", fix="see above")
