"""Exposing containers: Services of several types, the endpoints behind them, and the names in front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks import Pod, Service, Solution, consistently, eventually, faults, graded

HTTPENV2 = {"app": "httpenv2"}


@graded(
    points=3,
    after="httpenv",
    observes=(
        "httpenv-clusterip/1",
        "httpenv-clusterip/2",
        "httpenv-clusterip/4",
        "httpenv-clusterip/5",
        "httpenv-clusterip/6",
    ),
    hints=(
        "Compare kubectl get pods -o wide with what kubectl describe service httpenv says of Endpoints.",
        "A Service has the port that its clients ask, a selector that all pods of the Deployment match, and "
        "a type: the default one opens no port on the nodes.",
        "Scale the Deployment to 4, then let kubectl expose make the Service of it: --port is the number "
        "that the server listens on, and nothing else needs to be said.",
    ),
    cites=(
        "bretfisher/httpenv listens on port 8888",
        "kubectl create deployment httpenv --image=bretfisher/httpenv",
        "Expose the HTTP port of our server:",
        "(when a pod fails, the service seamlessly sends traffic to its replacement)",
    ),
)
def test_httpenv_is_exposed(app: Solution) -> None:
    """Deployment `httpenv` runs 4 pods, and Service `httpenv` leads to them, on port 8888 in the cluster."""
    httpenv, service = app.deployment("httpenv"), app.service("httpenv", port=8888)
    eventually(httpenv).runs_image("bretfisher/httpenv")
    eventually(httpenv).rolled_out()
    consistently(app.object("Deployment", "httpenv"), during=1).matches({"spec": {"replicas": 4}})
    eventually(service).routes_to_exactly(httpenv)
    consistently(app.object("Service", "httpenv"), during=1).matches({"spec": {"type": "ClusterIP"}})
    pod = httpenv.pods[0]
    with faults.killed(pod):
        eventually(httpenv).replaces(pod)
    eventually(service).routes_to_exactly(httpenv)
    eventually(service).answers("/", body='"HOSTNAME":')


@graded(
    points=2,
    after="ask",
    needs=test_httpenv_is_exposed,
    observes=(
        "httpenv-clusterip/3",
        "clusterip-by-script/1",
        "clusterip-by-script/2",
        "clusterip-by-script/3",
    ),
    hints=(
        "Run the step some times by hand: is it one line each time, and not always the same name?",
        "The Service chooses who answers, and its address is another one when the Service is made again: so "
        "look the address up each time, and ask there.",
        "kubectl get can print a single field, by a template or a jsonpath: put what it prints into a "
        "variable. jq picks one key out of what curl gets.",
    ),
    cites=(
        "Let's obtain the IP address that was allocated for our service, programmatically:",
        "The environment variables will include HOSTNAME, which will be the pod name",
        "Too much output? Filter it with jq:",
    ),
)
def test_ask_prints_who_answers(app: Solution) -> None:
    """Step `ask` prints the name of the pod that answers for Service `httpenv`, whatever its address is."""
    step, httpenv, service = app.step("ask"), app.deployment("httpenv"), app.service("httpenv", port=8888)
    eventually(step).prints_different(
        among=lambda: [form for pod in httpenv.pods for form in (pod.name, f'"{pod.name}"')]
    )
    with faults.changed(service, spec={"type": "ExternalName", "externalName": "moving.invalid"}):
        pass  # which gives the ClusterIP up, and gets another one afterwards: as if it were made again
    with faults.changed(service, spec=leading_to(service, HTTPENV2)):
        # a new address takes a moment to be known on all nodes, and curl would wait long for nobody
        eventually(service).answers("/", body='"HOSTNAME":')
        eventually(step).prints_lines(
            lambda: [(pod.name, f'"{pod.name}"') for pod in app.deployment("httpenv2").pods]
        )
    eventually(service).routes_to_exactly(httpenv)


@graded(
    points=1,
    after="k8s",
    observes=("externalname/1", "externalname/2"),
    hints=(
        "What does kubectl get service k8s show as its type, and as its external IP?",
        "This type of Service is an entry of DNS and nothing else: one name that stands for another. What "
        "stands in front of a name in a URL is no part of the name.",
        "kubectl create service has a form for this type: it takes the name of the Service, and the name "
        "that it stands for as --external-name.",
    ),
    cites=(
        "Services of type ExternalName are quite different",
        "That DNS entry will just be a CNAME to a provided record",
        "kubectl create service externalname k8s --external-name kubernetes.io",
    ),
)
def test_k8s_is_another_name(app: Solution) -> None:
    """Service `k8s` is another name for `kubernetes.io`, and nothing else."""
    eventually(app.service("k8s")).points_to("kubernetes.io")


@graded(
    points=2,
    after="endpoints",
    observes=("endpoints-match-pods/1", "endpoints-match-pods/2", "endpoints-match-pods/3"),
    hints=(
        "Run the step by hand, and then echo $?: are there as many lines as pods, and what is the code?",
        "Two lists are to be compared: where the Service sends to, and where the pods are. As many of one "
        "as of the other is not enough; and what comes last in a step gives its exit code.",
        "Which EndpointSlices belong to a Service says their label kubernetes.io/service-name; as JSON they "
        "are not cut. Sort both lists before you compare them.",
    ),
    cites=(
        "When we have many endpoints, our display commands truncate the list",
        "These IP addresses should match the addresses of the corresponding pods:",
    ),
)
def test_endpoints_are_compared(app: Solution) -> None:
    """Step `endpoints` prints all endpoints of `httpenv`, and fails when they are not its pods."""
    step, httpenv = app.step("endpoints"), app.deployment("httpenv")
    service = app.service("httpenv", port=8888)
    eventually(step).prints_lines(lambda: [f"{address(pod)}:8888" for pod in httpenv.pods])
    # no pod, then no endpoint, so that who looks for each of the one among the other finds no difference
    pods = httpenv.pods
    with httpenv.scaled(to=0), faults.changed(service, spec=leading_to(service, HTTPENV2)):
        eventually(*pods).is_gone()
        eventually(service).routes_to_exactly(app.deployment("httpenv2"))
        eventually(step).fails()
        # one endpoint and one pod, none on its way out: who only counts them finds no difference
        with httpenv.scaled(to=1):
            eventually(httpenv).rolled_out()
            eventually(step).fails()
    with faults.changed(service, spec=leading_to(service, {"no-pod": "has-this"})):
        eventually(service).refuses()
        eventually(httpenv).rolled_out()
        eventually(step).fails()
    # one of its pods, and one that is not: who is content with the first that is on both lists finds it
    one, stranger = httpenv.pods[0], app.deployment("httpenv2").pods[0]
    chosen = {"labels": {"chosen": "yes"}}
    with (
        faults.changed(one, metadata=chosen),
        faults.changed(stranger, metadata=chosen),
        faults.changed(service, spec=leading_to(service, chosen["labels"])),
    ):
        eventually(service).includes(one)
        eventually(service).includes(stranger)
        eventually(step).fails()
    eventually(step).prints_lines(lambda: [f"{address(pod)}:8888" for pod in httpenv.pods])


@graded(
    points=3,
    after="headless",
    observes=("headless/1", "headless/2", "headless/3", "headless/4"),
    hints=(
        "Ask DNS for httpenv-headless: how many addresses are there, and whose are they?",
        "Without a ClusterIP, the name of a Service stands for its endpoints. Who they are is still a matter "
        "of the selector, and the cluster keeps them up to date.",
        "kubectl expose gives the Service the selector of the Deployment, and --name another name; the "
        "option for its ClusterIP takes the word None.",
    ),
    cites=(
        "A headless service is obtained by setting the clusterIP field to None",
        "(Either with --cluster-ip=None, or by providing a custom YAML)",
        "CoreDNS will return the pods' IP addresses as multiple A records",
        "This gives us an easy way to discover all the replicas for a deployment",
    ),
)
def test_headless_names_the_pods(app: Solution) -> None:
    """The name of Service `httpenv-headless` stands for the pods of `httpenv`, however many there are."""
    httpenv, headless = app.deployment("httpenv"), app.service("httpenv-headless", port=8888)
    consistently(app.object("Service", "httpenv-headless"), during=1).matches({"spec": {"clusterIP": "None"}})
    eventually(headless).routes_to_exactly(httpenv)
    eventually(headless).resolves_to_endpoints()
    with httpenv.scaled(to=2):
        eventually(httpenv).rolled_out()
        eventually(headless).routes_to_exactly(httpenv)
        eventually(headless).resolves_to_endpoints()
    with httpenv.scaled(to=1):
        eventually(httpenv).rolled_out()
        eventually(headless).answers("/", body=f'"HOSTNAME":"{httpenv.pods[0].name}"')
    # so that whoever compares endpoints and pods in a later step finds nothing under way
    eventually(httpenv).rolled_out()


@graded(
    points=2,
    after="names",
    observes=("resolve-service-name/1", "resolve-service-name/2", "resolve-service-name/4"),
    hints=(
        "Run the step by hand: is it the address that kubectl get service httpenv shows, and who said it?",
        "DNS has a Service as well, in kube-system. A whole name has the namespace in it, and yours is not "
        "called default.",
        "dig takes the name to look up, and behind an @ the address of the server to ask. Your namespace is "
        "in what kubectl config view tells with --minify.",
    ),
    cites=(
        "In the kube-system namespace, there should be a service named kube-dns",
        "This is the internal DNS server that can resolve service names",
        "Get the IP address of the internal DNS server:",
        "Resolve the cluster IP for the httpenv service:",
    ),
)
def test_names_are_resolved(app: Solution) -> None:
    """Step `names` prints the address that DNS gives for `httpenv`, also when that is another one."""
    step, service = app.step("names"), app.service("httpenv", port=8888)
    eventually(step).prints(lambda: cluster_ip(app, "httpenv"), but_not=lambda: cluster_ip(app, "httpenv2"))
    # only DNS knows then whose address that is: the Service itself has none
    other = f"httpenv2.{app.namespace}.svc.cluster.local"
    with faults.changed(service, spec={"type": "ExternalName", "externalName": other}):
        eventually(step).prints(lambda: cluster_ip(app, "httpenv2"))
    eventually(step).prints(lambda: cluster_ip(app, "httpenv"), but_not=lambda: cluster_ip(app, "httpenv2"))


@graded(
    points=1,
    during="cleanup",
    observes=("cleanup-httpenv/1", "cleanup-httpenv/3"),
    hints=(
        "What do kubectl get deployments,replicasets,pods,services show afterwards?",
        "Two objects of one name are to go, and each is of another kind. What the Deployment has made goes "
        "with it; the Service is not its own.",
        "kubectl delete takes several objects at once, each as its kind, a slash and its name. Neither a "
        "part of a name nor --all is what is meant.",
    ),
    cites=("kubectl delete deployment/httpenv service/httpenv",),
)
def test_httpenv_is_removed(app: Solution) -> None:
    """Step `cleanup` removes Deployment and Service `httpenv`, and leaves `httpenv2` alone."""
    deployment, service = app.object("Deployment", "httpenv"), app.object("Service", "httpenv")
    eventually(deployment, service).exists()
    pods, bystander = app.deployment("httpenv").pods, app.deployment("httpenv2").pods[0]
    owner = pods[0].read()["metadata"]["ownerReferences"][0]["name"]
    app.step("cleanup").runs()
    eventually(app.object("Deployment", "httpenv2"), app.object("Service", "httpenv2")).exists()
    eventually(deployment, app.object("ReplicaSet", owner), service).is_gone()
    eventually(*pods).is_gone()
    consistently(bystander, during=1).keeps_running()


def leading_to(service: Service, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return what leads a Service to the pods with these labels, to all of them and to no others.

    The port goes by its number: a name that the learner's pods give to theirs is none of other pods. And no
    client is tied to one of them.
    """
    former = service.read()["spec"].get("selector") or {}
    return {
        "selector": {**dict.fromkeys(former), **labels},
        "ports": [{"port": 8888, "targetPort": 8888}],
        "sessionAffinity": "None",
        "sessionAffinityConfig": None,
    }


def address(pod: Pod) -> str:
    """Return the address of a pod; one that is about to start has none yet."""
    return str(pod.read()["status"].get("podIP", "no address"))


def cluster_ip(app: Solution, name: str) -> str:
    """Return the address that a Service has now; a text that nobody prints if it has none."""
    return str(app.service(name).read()["spec"].get("clusterIP", "no ClusterIP"))
