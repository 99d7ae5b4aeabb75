"""`kubeproctor cluster`: bring clusters up, look at them, take them down."""

from __future__ import annotations

import time
from pathlib import Path

import click

from fixtures.clusters.provider import DEFAULT_KUBERNETES, DEFAULT_NAME, Handle, Options, check_name
from fixtures.errors import CannotGrade, UsageError
from fixtures.progress import step


@click.group()
def cluster() -> None:
    """Clusters to grade on, kept between runs."""


def _checked(_: click.Context, __: click.Parameter, name: str) -> str:
    check_name(name)
    return name


def _kept(name: str) -> Handle:
    from fixtures.clusters import state

    if handle := state.load(name):
        return handle
    raise UsageError(
        f"no cluster is kept under the name {name}",
        fix=f"kubeproctor cluster list names those that are, kubeproctor cluster up --name {name} makes it",
    )


name_option = click.option(
    "--name", default=DEFAULT_NAME, show_default=True, callback=_checked, help="Which cluster."
)


@cluster.command()
@name_option
@click.option(
    "--kubernetes", help=f"Kubernetes minor.  [default: that of the kept one, {DEFAULT_KUBERNETES} if new]"
)
@click.option(
    "--nodes", type=click.IntRange(1, 5), help="Number of nodes.  [default: as the kept one, 1 if new]"
)
@click.option("--fresh", is_flag=True, help="Throw the kept cluster away first.")
def up(name: str, kubernetes: str | None, nodes: int | None, fresh: bool) -> None:
    """Bring a cluster up, or find the kept one and see that it is well."""
    from fixtures.clusters import state
    from fixtures.clusters.kind import KindProvider
    from fixtures.images import supply

    kept = state.load(name)
    options = Options(
        name,
        kubernetes or (kept.kubernetes if kept else DEFAULT_KUBERNETES),
        nodes or (kept.nodes if kept else 1),
    )
    kind = KindProvider()
    if fresh:
        supply.check_minor(options.kubernetes)  # before anything is gone
        kind.down(name)
    begun = time.monotonic()
    handle = kind.up(options)
    took = time.monotonic() - begun
    click.echo(f"cluster {handle.name} is up: Kubernetes {handle.kubernetes}, {handle.engine}, {took:.1f} s")
    click.echo(f"  kubectl --kubeconfig {handle.kubeconfig} get nodes")


@cluster.command()
@name_option
@click.option("--all", "everything", is_flag=True, help="All clusters of ours.")
def down(name: str, everything: bool) -> None:
    """Remove a cluster: containers, volumes, files; with the last one the registry and the network."""
    from fixtures.clusters.kind import KindProvider

    kind = KindProvider()
    names = kind.names() if everything else [name]
    gone: list[str] = []
    left: list[CannotGrade] = []
    for each in names:
        try:
            gone += [each] if kind.down(each) else []
        except CannotGrade as e:  # of another engine: the others go all the same
            left.append(e)
    if everything and not names:
        kind.down(name)
    if gone or not left:
        click.echo(f"removed: {', '.join(gone)}" if gone else "there was no cluster to remove")
    if left:
        raise left[0]


@cluster.command(name="list")
def list_() -> None:
    """List the kept clusters."""
    from fixtures.clusters import state

    found = [handle for name in state.names() if (handle := state.load(name))]
    for handle in found:
        what = f"Kubernetes {handle.kubernetes}  nodes {handle.nodes}  {handle.engine}"
        click.echo(f"{handle.name}  {what}  uid {handle.uid}")
    if not found:
        click.echo("no cluster is kept; `kubeproctor cluster up` makes one")


@cluster.command()
@name_option
def status(name: str) -> None:
    """Say whether a cluster is fit for grading; exit code 3 if it is not."""
    from fixtures.clusters import health

    handle = _kept(name)
    with step(f"look at cluster {name}", told=False):
        why = health.complaint(handle)
    if why:
        raise CannotGrade(
            f"cluster {name} is not fit for grading: {why}", fix=f"kubeproctor cluster up --name {name}"
        )
    click.echo(f"cluster {name} is fit for grading (API, nodes, DNS, service accounts, policies)")


@cluster.command()
@name_option
@click.argument("folder", type=click.Path(path_type=Path))
def logs(name: str, folder: Path) -> None:
    """Write all logs of a cluster into FOLDER."""
    from fixtures.clusters.kind import KindProvider

    _kept(name)
    KindProvider().logs(name, folder)
    click.echo(f"logs of cluster {name}: {folder}")
