"""`kubeproctor images`: build, list, verify and prune the images of this machine."""

from __future__ import annotations

import hashlib

import click

from fixtures.clusters.provider import DEFAULT_KUBERNETES
from fixtures.errors import CannotGrade


@click.group()
def images() -> None:
    """The images that clusters and learners' pods run."""


@images.command()
@click.option("--kubernetes", default=DEFAULT_KUBERNETES, show_default=True, help="Kubernetes minor.")
def build(kubernetes: str) -> None:
    """Build all that is not there yet; with a reachable registry, only what no registry has."""
    from fixtures.images import supply
    from fixtures.images.store import Store

    made = supply.build_all(Store(), kubernetes)
    click.echo(f"{len(made)} images are ready")


@images.command(name="list")
def list_() -> None:
    """List the images by the names that pods may use."""
    from fixtures.images import catalogue

    for recipe in catalogue.recipes():
        click.echo(f"{', '.join(recipe.names)}\n    {recipe.about}")


@images.command()
def verify() -> None:
    """Read every stored blob again and compare it with its checksum; exit code 3 if one differs."""
    from fixtures.images.store import Store
    from fixtures.progress import step

    store = Store()
    with store.in_use():
        blobs = sorted(store.blobs.iterdir())
        with step(f"verify {len(blobs)} blobs") as s:
            for number, blob in enumerate(blobs):
                s.update(f"{number} of {len(blobs)}")
                with blob.open("rb") as data:
                    if hashlib.file_digest(data, "sha256").hexdigest() != blob.name:
                        raise CannotGrade(
                            "a stored image is damaged", where=str(blob), fix=f"rm {blob}, then build again"
                        )
    click.echo(f"{len(blobs)} blobs are whole")


@images.command()
@click.option("--kubernetes", default=DEFAULT_KUBERNETES, show_default=True, help="Kubernetes minor to keep.")
@click.option("--all", "everything", is_flag=True, help="Drop everything; nothing is built first.")
def prune(kubernetes: str, everything: bool) -> None:
    """Drop what today's images do not need (those are completed first).

    Waits until no other process builds, loads or verifies images.
    """
    from fixtures.images import supply
    from fixtures.images.store import Store

    store = Store()
    if everything:
        count, size = store.prune([], supply.forget)
    else:
        count, size = store.prune(supply.build_all(store, kubernetes).values(), supply.forget_pushed)
    click.echo(f"dropped {count} blobs, {size >> 20} MB")
