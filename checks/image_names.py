"""Names of images, as a container runtime reads them."""

from __future__ import annotations

from typing import NamedTuple


class ImageName(NamedTuple):
    """An image as a container runtime reads its name."""

    repository: str
    tag: str
    """Empty when the name has none."""
    digest: str

    def is_a(self, wanted: ImageName) -> bool:
        """Return whether this image goes by the wanted name: its repository, and its tag if it has one."""
        return self.repository == wanted.repository and (
            not (wanted.tag or wanted.digest)
            or (wanted.digest == self.digest if wanted.digest else wanted.tag == (self.tag or "latest"))
        )


def image_name(text: str) -> ImageName:
    """Read an image name; no registry means docker.io, no folder there means library.

    Source: https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
    """
    rest, _, digest = text.strip().partition("@")
    head, slash, tail = rest.rpartition("/")
    last, _, tag = tail.partition(":")
    repository = head + slash + last
    first, slash, below = repository.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, below = "docker.io", repository
    if first in ("docker.io", "index.docker.io"):
        first, below = "docker.io", below if "/" in below else f"library/{below}"
    return ImageName(f"{first}/{below}", tag, digest)
