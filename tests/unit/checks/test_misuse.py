"""A claim that has no meaning is its author's mistake: it says what to write, and judges nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made import NS, deploy, expose

from checks import Pod, Solution, UsageError
from checks.fake import Fake

Use = Callable[[Solution], object]


def web(app: Solution) -> Pod:
    """Return a pod."""
    return Pod(app.cluster, NS, "web-1", "Pod-web-1")


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda app: app.service("web").routes_to_exactly(), "needs a workload"),
        (lambda app: app.service("web").reaches_each(), "needs a workload"),
        (lambda app: app.service("web").routes_to_exactly("web"), "takes workloads"),
        (lambda app: app.service("web").routes_to_exactly(web(app)), "takes workloads"),
        (
            lambda app: app.service("web").reaches_each(app.deployment("a"), app.deployment("a")),
            "names a workload twice",
        ),
        (
            lambda app: app.service("web").reaches_each(app.deployment("web"), at_least=0),
            "cannot give 1 workloads 0 each",
        ),
        (
            lambda app: app.service("web").reaches_each(app.deployment("web"), requests=9, at_least=10),
            "9 requests cannot give",
        ),
        (lambda app: app.service("web").includes(app.deployment("web")), "takes a pod"),
        (lambda app: app.service("web").excludes("web-1"), "takes a pod"),
        (lambda app: app.deployment("web").replaces("web-1"), "takes a pod"),
        (lambda app: app.deployment("web").runs_image(), "needs the name of an image"),
        (lambda app: app.deployment("web").selects_exactly(), "needs a label"),
        (lambda app: app.deployment("web").template_carries(), "needs a label"),
        (lambda app: app.deployment(""), "needs a name"),
        (lambda app: app.service(None), "needs a name"),
        (lambda app: app.service("web", port=0), "from 1 to 65535"),
        (lambda app: app.service("web", port="80"), "from 1 to 65535"),
        (lambda app: app.service("web", port=True), "from 1 to 65535"),
    ],
)
def test_misuse_is_refused(cluster: Fake, app: Solution, use: Use, says: str) -> None:
    deploy(cluster, "web")
    expose(cluster, "web", {"app": "web"})
    cluster.calls.clear()
    with pytest.raises(UsageError, match=says):
        use(app)
    assert cluster.calls == []
