"""Quality-of-service classes, and the requests and limits in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from made import NS, change, deploy, meta, pod, told

from checks import ABSENT, CheckFailed, Hopeless, Pod, Solution, UsageError, consistently, eventually
from checks.cluster import Object
from checks.configuration import Container
from checks.fake import Fake

SAME = {"cpu": "100m", "memory": "64Mi"}
GUARANTEED = {"requests": SAME, "limits": {**SAME, "cpu": "0.1"}}
COLUMNS = f"look at   kubectl -n {NS} get pods -o custom-columns=NAME:.metadata.name,QOS:.status.qosClass"
YAML = f"look at   kubectl -n {NS} get deployment web -o yaml"
RANGER = "kubernetes.io/limit-ranger"


def web(
    cluster: Fake,
    resources: Object | None = None,
    replicas: int = 1,
    /,
    *,
    qos: str = "Burstable",
    template: Object | None = None,
    **spec: Any,
) -> None:
    """Put Deployment `web`, whose pods have these requests and limits; its template may have others."""
    deploy(cluster, "web", replicas, qosClass=qos)
    main = {"name": "main", "image": "nginx:1.27"}
    made = {**main, "resources": resources or {}}
    asked = made if template is None else {**main, "resources": template}
    change(cluster, "Deployment", "web", spec={"template": {"spec": {"containers": [asked]}}})
    for number in range(replicas):
        cluster.patch("Pod", f"web-{number + 1}", NS, {"spec": {"containers": [made], **spec}})


def annotate(cluster: Fake, noted: str) -> None:
    """Let the pod tell what a LimitRange set in it."""
    annotations = {RANGER: f"LimitRanger plugin set: {noted}"}
    cluster.patch("Pod", "web-1", NS, {"metadata": {"annotations": annotations}})


def reported(cluster: Fake, resources: Object, *conditions: Object, pod_name: str = "web-1") -> None:
    """Let the kubelet report what is in force."""
    obj = cluster.get("Pod", pod_name, NS)
    assert obj is not None
    statuses = [{**obj["status"]["containerStatuses"][0], "resources": resources}]
    more = [*obj["status"]["conditions"], *conditions]
    cluster.patch("Pod", pod_name, NS, {"status": {"containerStatuses": statuses, "conditions": more}})


def main(app: Solution) -> Container:
    """Return the container of all cases."""
    return app.deployment("web").container("main")


def lines(use: Callable[[], object]) -> list[str]:
    """Return the lines that a learner reads."""
    return told(use).splitlines()


class TestQos:
    def test_all_pods_have_it(self, cluster: Fake, app: Solution) -> None:
        web(cluster, GUARANTEED, 2, qos="Guaranteed")
        app.deployment("web").has_qos("Guaranteed")
        app.deployment("web").pods[0].has_qos("Guaranteed")
        consistently(app.deployment("web"), during=3).has_qos("Guaranteed")

    def test_one_pod_has_it_not(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"requests": SAME, "limits": {"cpu": "200m"}}, 2, qos="Guaranteed")
        cluster.patch("Pod", "web-2", NS, {"status": {"qosClass": "Burstable"}})
        assert lines(lambda: app.deployment("web").has_qos("Guaranteed")) == [
            "expected  class Guaranteed in Deployment `web`",
            "found     web-2: Burstable",
            "because   container main has cpu request 100m, limit 200m",
            "          container main has no memory limit",
            COLUMNS,
        ]

    def test_the_class_of_a_pod_never_changes(self, cluster: Fake, app: Solution) -> None:
        web(cluster, qos="BestEffort")
        with pytest.raises(Hopeless) as failure:
            eventually(app.pod("web-1")).has_qos("Burstable")
        assert cluster.now <= app.pod("web-1").hold
        failure.value.waited = ""
        assert str(failure.value).split("\n")[:3] == [
            "    expected  Pod `web-1` has class Burstable",
            "    found     web-1: BestEffort",
            "    because   no container has a request or limit of cpu or memory",
        ]

    @pytest.mark.parametrize(
        ("resources", "wanted", "because"),
        [
            ({"limits": SAME}, "Guaranteed", "container main has no cpu request"),
            ({"limits": SAME, "requests": {"cpu": 0}}, "Guaranteed", "container main has no cpu request"),
            ({"limits": {"cpu": 1}}, "BestEffort", "container main has cpu limit 1"),
            ({"requests": SAME}, "BestEffort", "container main has cpu request 100m, memory request 64Mi"),
            (GUARANTEED, "Burstable", "its requests are the same as its limits, for cpu and memory"),
            ({"requests": {"cpu": "0"}}, "Burstable", "no container has a request or limit of cpu or memory"),
        ],
    )
    def test_the_cause(
        self, cluster: Fake, app: Solution, resources: Object, wanted: Any, because: str
    ) -> None:
        web(cluster, resources, qos="none of these")
        assert f"because   {because}" in lines(lambda: app.deployment("web").has_qos(wanted))

    def test_an_init_container_counts(self, cluster: Fake, app: Solution) -> None:
        first = {"name": "first", "resources": {"limits": {"memory": "1Gi"}}}
        web(cluster, initContainers=[first])
        because = "because   init container first has memory limit 1Gi"
        assert because in lines(lambda: app.deployment("web").has_qos("BestEffort"))

    def test_the_resources_of_the_pod_go_first(self, cluster: Fake, app: Solution) -> None:
        web(cluster, GUARANTEED, resources={"limits": {"cpu": 1}, "requests": {"cpu": 1}})
        because = "because   the pod has no memory limit"
        assert because in lines(lambda: app.deployment("web").has_qos("Guaranteed"))

    def test_what_a_limit_range_set_is_told(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"limits": {"cpu": "1"}})
        annotate(cluster, "cpu limit for container main")
        assert lines(lambda: app.deployment("web").has_qos("BestEffort"))[2:4] == [
            "because   container main has cpu limit 1",
            "          a LimitRange set the cpu limit for container main",
        ]

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        with pytest.raises(CheckFailed, match="no such Deployment"):
            app.deployment("web").has_qos("BestEffort")
        with pytest.raises(CheckFailed, match="it is gone"):
            Pod(app.cluster, NS, "web-1", "Pod-web-1").has_qos("BestEffort")

    def test_a_pod_that_is_not_ready_does_not_count(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web", ready=False, qosClass="BestEffort")
        with pytest.raises(CheckFailed, match="not one of them Ready"):
            app.deployment("web").has_qos("BestEffort")
        with pytest.raises(CheckFailed, match="it is not Ready"):
            app.pod("web-1").has_qos("BestEffort")

    def test_no_class_is_none(self, cluster: Fake, app: Solution) -> None:
        cluster.put(pod("bare"))
        assert "found     bare: no class" in lines(lambda: app.pod("bare").has_qos("BestEffort"))

    @pytest.mark.parametrize("wanted", ["guaranteed", "", None, 1])
    def test_another_class_is_a_usage_error(self, app: Solution, wanted: Any) -> None:
        with pytest.raises(UsageError, match="Guaranteed"):
            eventually(app.deployment("web")).has_qos(wanted)


class TestResources:
    def test_amounts_are_compared_by_value(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"limits": {"memory": "1Gi", "cpu": "0"}}, 2)
        main(app).has_resources(limits={"memory": "1024Mi", "cpu": 0}, requests={"cpu": ABSENT})
        app.pod("web-1").container().has_resources(limits={"memory": "1Gi"})

    def test_zero_and_absent_are_two_things(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"limits": {"cpu": "0"}})
        assert lines(lambda: main(app).has_resources(limits={"cpu": ABSENT}, requests={"cpu": 0})) == [
            "expected  container `main` of Deployment `web` with",
            "          limits.cpu: absent",
            "          requests.cpu: 0",
            "found     web-1: limits.cpu: 0",
            "          web-1: requests.cpu: absent",
            YAML,
        ]

    def test_one_wrong_pod_fails(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"limits": {"cpu": "1"}}, 2)
        reported(cluster, {"limits": {"cpu": "500m"}}, pod_name="web-2")
        assert lines(lambda: main(app).has_resources(limits={"cpu": 1})) == [
            "expected  container `main` of Deployment `web` with limits.cpu: 1",
            "found     web-2: limits.cpu: 500m",
            "because   the spec of web-2 has limits.cpu: 1, which is not in force",
            YAML,
        ]

    def test_what_the_kubelet_reports_counts(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"limits": {"cpu": "1", "ephemeral-storage": "1Gi"}})
        reported(cluster, {"limits": {"cpu": "500m"}})
        main(app).has_resources(limits={"cpu": "500m", "ephemeral-storage": "1Gi"})
        reported(cluster, {})
        main(app).has_resources(limits={"cpu": ABSENT})

    def test_a_resize_is_waited_for(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"limits": {"cpu": "1"}})
        reported(cluster, {"limits": {"cpu": "500m"}})
        cluster.at(50, lambda: reported(cluster, {"limits": {"cpu": "1"}}))
        eventually(main(app)).has_resources(limits={"cpu": 1})
        assert cluster.now >= 50

    @pytest.mark.parametrize(
        ("condition", "because"),
        [
            (
                {"type": "PodResizePending", "reason": "Infeasible", "message": "not enough cpu"},
                "the resize of web-1 is pending (Infeasible): not enough cpu",
            ),
            ({"type": "PodResizeInProgress"}, "the resize of web-1 is in progress"),
        ],
    )
    def test_a_resize_is_told(self, cluster: Fake, app: Solution, condition: Object, because: str) -> None:
        web(cluster, {"limits": {"cpu": "1"}})
        reported(cluster, {"limits": {"cpu": "500m"}}, {"status": "True", **condition})
        assert f"because   {because}" in lines(lambda: main(app).has_resources(limits={"cpu": 1}))

    def test_a_limit_range_is_told(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"limits": {"cpu": "1", "memory": "1Gi"}}, template={})
        cluster.put({"kind": "LimitRange", "metadata": meta("LimitRange", "defaults")})
        annotate(cluster, "memory request for container main; cpu, memory limit for container main")
        because = "because   the manifest has no limits.memory, so a LimitRange (`defaults`) set it"
        assert because in lines(lambda: main(app).has_resources(limits={"memory": "2Gi"}))

    @pytest.mark.parametrize(
        ("template", "because"),
        [
            ({"limits": {"cpu": "1"}}, "the manifest has no requests.cpu, so it is the limit"),
            (
                {"requests": {"cpu": "2"}},
                "the pod template has requests.cpu: 2, the spec of web-1 does not",
            ),
        ],
    )
    def test_the_template_is_told(self, cluster: Fake, app: Solution, template: Object, because: str) -> None:
        web(cluster, {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}, template=template)
        assert f"because   {because}" in lines(lambda: main(app).has_resources(requests={"cpu": 2}))

    def test_what_the_manifest_says_has_no_cause(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"limits": {"cpu": "1"}})
        assert lines(lambda: main(app).has_resources(limits={"cpu": 2})) == [
            "expected  container `main` of Deployment `web` with limits.cpu: 2",
            "found     web-1: limits.cpu: 1",
            YAML,
        ]

    def test_it_is_settled_soon(self, cluster: Fake, app: Solution) -> None:
        web(cluster, {"limits": {"cpu": "1"}})
        with pytest.raises(CheckFailed):
            eventually(main(app)).has_resources(limits={"cpu": 2})
        assert cluster.now < 10

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        with pytest.raises(CheckFailed, match="no such Deployment"):
            main(app).has_resources(limits={"cpu": ABSENT})

    @pytest.mark.parametrize(
        "amounts",
        [{}, {"limits": {}}, {"limits": {"cpu": "much"}}, {"requests": {"cpu": None}}, {"limits": ["cpu"]}],
    )
    def test_what_is_no_amount_is_a_usage_error(self, app: Solution, amounts: Any) -> None:
        with pytest.raises(UsageError, match="has_resources"):
            eventually(main(app)).has_resources(**amounts)
