"""Small clusters, and steps of commands, with which the examples of commands fail in a telling way."""

from __future__ import annotations

import itertools

from checks.commands import Ran
from checks.fake import Fake
from checks.fake_script import Does, FakeScript
from docs.reference.scenes import Scene, deploy, pod


def scenes() -> list[Scene]:
    """Make all scenes; each serves once, as an example leaves its traces in a cluster."""
    return [
        Scene("Commands.succeeds", "when there is no such step", Fake(), commands=steps("diff", "")),
        Scene(
            "Commands.succeeds", "when it fails", Fake(), commands=steps("compare", Ran(1, "", "no route"))
        ),
        Scene("Commands.fails", "when it never does", Fake(), commands=steps("compare", "all equal")),
        decoy_printed(),
        list_that_is_cut(),
        defaults_typed_in(),
        same_pod_each_time(),
        helper_left_behind(),
        update_that_fails(),
    ]


def steps(name: str, does: Does) -> FakeScript:
    """Return a script of one step."""
    return FakeScript({name: does}, due=name)


def decoy_printed() -> Scene:
    """Let a step list the pods of all namespaces."""
    cluster = Fake()
    deploy(cluster, "web")
    does = "shop   pod/web-5b8677dc4f-ms76t\nshop-2 pod/decoy"
    return Scene("Commands.prints", "when it prints more", cluster, commands=steps("list the pods", does))


def list_that_is_cut() -> Scene:
    """Let a step print what `kubectl get endpoints` shows."""
    cluster = Fake()
    ip = deploy(cluster, "web")["status"]["podIP"]
    does = Ran(0, f"{ip}:8888 + 7 more...", "Warning: v1 Endpoints is deprecated in v1.33+")
    return Scene("Commands.prints_lines", "when the list is cut", cluster, commands=steps("endpoints", does))


def defaults_typed_in() -> Scene:
    """Let a step print what is not there."""
    does = '{"name": "web", "maxSurge": 1}'
    return Scene(
        "Commands.prints_json", "when a value is another one", Fake(), commands=steps("report", does)
    )


def same_pod_each_time() -> Scene:
    """Let a step ask the same pod again and again."""
    cluster = Fake()
    name = deploy(cluster, "web")["metadata"]["name"]
    deploy(cluster, "db")
    where = "when each run asks the same pod"
    return Scene("Commands.prints_different", where, cluster, commands=steps("ask", name))


def helper_left_behind() -> Scene:
    """Let each run of a step leave a pod."""
    cluster, number = Fake(), itertools.count(1)

    def ping() -> str:
        pod(cluster, f"helper-{next(number)}")
        return "3 packets transmitted, 3 received"

    where = "when it leaves a pod each time"
    return Scene("Commands.leaves_nothing", where, cluster, commands=steps("ping", ping))


def update_that_fails() -> Scene:
    """Let a step have a typo."""
    cluster = Fake()
    deploy(cluster, "web")
    example = 'with throughout(app.deployment("web").keeps_available, 1):\n    app.step("update").runs()'
    broken = steps("update", Ran(1, "", 'deployments.apps "wbe" not found'))
    return Scene("Commands.runs", "when the step fails", cluster, example, commands=broken)
