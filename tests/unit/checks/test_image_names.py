"""Two names of one image, and names of different ones.

Source: https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
"""

from __future__ import annotations

import pytest

from checks.image_names import image_name

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("nginx", "nginx"),
        ("nginx:1.27", "nginx"),
        (f"nginx:1.27@{DIGEST}", "nginx:1.27"),
        (f"nginx:1.27@{DIGEST}", f"nginx@{DIGEST}"),
        ("nginx", "nginx:latest"),
        ("docker.io/library/nginx", "nginx"),
        ("docker.io/nginx", "nginx"),
        ("index.docker.io/bitnami/nginx", "bitnami/nginx"),
        ("localhost:5000/web:1", "localhost:5000/web"),
        ("localhost/web", "localhost/web"),
        ("example.com/a/b/c:1", "example.com/a/b/c:1"),
    ],
)
def test_names_of_one_image(image: str, wanted: str) -> None:
    assert image_name(image).is_a(image_name(wanted))


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("nginx-unprivileged", "nginx"),
        ("bitnami/nginx", "nginx"),
        ("example.com/nginx", "nginx"),
        ("example.com/library/nginx", "nginx"),
        ("nginx:1.27", "nginx:1.2"),
        ("nginx:1.27", "nginx:latest"),
        ("nginx", f"nginx@{DIGEST}"),
        (f"nginx@{DIGEST}", "nginx:1.27"),
        ("localhost:5000/nginx", "nginx"),
        ("localhost:5000/web", "localhost:5001/web"),
        ("nginx/nginx", "nginx"),
        ("", "nginx"),
    ],
)
def test_names_of_different_images(image: str, wanted: str) -> None:
    assert not image_name(image).is_a(image_name(wanted))
