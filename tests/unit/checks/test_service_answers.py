"""`Service.answers`: each GET brings the status, the body and the headers that are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from made import NS, deploy, expose, serve

from checks import CheckFailed, Service, Solution
from checks.cluster import Reply
from checks.fake import Fake
from checks.service import SOME_REQUESTS


@pytest.fixture
def web(cluster: Fake, app: Solution) -> Service:
    """A Service with one pod that says hello."""
    serve(cluster, *deploy(cluster, "web"), body="hello, world", headers={"x-served-by": "web-1"})
    expose(cluster, "web", {"app": "web"})
    return app.service("web")


@pytest.mark.parametrize(
    "wanted",
    [{}, {"body": "hello"}, {"header": {"X-Served-By": "web"}}, {"path": "/deep/er?x=1"}],
    ids=["nothing more", "part of the body", "a header in another case", "a path"],
)
def test_right_answers_pass(web: Service, wanted: dict[str, Any]) -> None:
    web.answers(**wanted)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"status": 404}, "HTTP 200"),
        ({"body": "bye"}, "HTTP 200 with body 'hello, world'"),
        ({"header": {"x-served-by": "blue"}}, "header x-served-by with 'web-1'"),
        ({"header": {"x-powered-by": ""}}, "no header x-powered-by"),
    ],
    ids=["status", "body", "header", "any header"],
)
def test_wrong_answers_fail_and_are_shown(web: Service, wanted: dict[str, Any], found: str) -> None:
    with pytest.raises(CheckFailed) as failure:
        web.answers(**wanted)
    assert failure.value.found == found


def test_one_wrong_answer_of_several_fails_and_is_counted(cluster: Fake, app: Solution) -> None:
    good, bad = deploy(cluster, "web", 2)
    serve(cluster, good)
    serve(cluster, bad, status=503)
    expose(cluster, "web", {"app": "web"})
    with pytest.raises(CheckFailed) as failure:
        app.service("web").answers()
    assert failure.value.found == f"HTTP 503 (2 of {SOME_REQUESTS} requests)"


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (Reply("timeout"), "no answer in time"),
        (Reply("refused"), "connection refused"),
        (Reply("other", detail="malformed HTTP"), "no answer: malformed HTTP"),
    ],
    ids=["timeout", "refused", "other"],
)
def test_silence_fails(cluster: Fake, web: Service, reply: Reply, found: str) -> None:
    cluster.serving["10.0.0.1", 80] = reply
    with pytest.raises(CheckFailed) as failure:
        web.answers()
    assert failure.value.found == found


def test_a_port_that_the_service_lacks_fails(web: Service, app: Solution) -> None:
    with pytest.raises(CheckFailed) as failure:
        app.service("web", port=8080).answers()
    assert (failure.value.expected, failure.value.found) == ("Service `web` has port 8080", "port 80")


def test_a_headless_service_is_called_by_its_name_on_the_port_of_its_pods(
    cluster: Fake, app: Solution
) -> None:
    serve(cluster, *deploy(cluster, "db"), port=5432)
    expose(cluster, "db", {"app": "db"}, clusterIP="None", ports=[])
    app.service("db", port=5432).answers()
    cluster.remove("EndpointSlice", "db-x", NS)
    with pytest.raises(CheckFailed, match="the name was not found"):
        app.service("db", port=5432).answers()


def test_an_external_name_is_called_whatever_its_ports(cluster: Fake, app: Solution) -> None:
    expose(
        cluster, "far", None, clusterIP=None, ports=[], type="ExternalName", externalName="example.invalid"
    )
    with pytest.raises(CheckFailed) as failure:
        app.service("far").answers()
    failure.value.read_cause()
    assert failure.value.expected == "HTTP 200 for GET / on port 80"
    assert failure.value.because.startswith("the Service has type ExternalName: its name stands for example")
