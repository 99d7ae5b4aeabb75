"""Assignment 1: what a cluster consists of, and three clocks that one command reads."""

from __future__ import annotations

from checks import Field, Pod, Solution, Thing, consistently, eventually, faults, graded

LAST_LINE = "last line of"
TALKS = (
    'trap exit TERM; echo "first line of $(hostname)"; '
    f'while true; do echo "{LAST_LINE} $(hostname)"; sleep 1; done'
)
"""What the pods of `ticktock` run for a while: clocks say the same, and cannot be told apart."""
# Each question with its answer, and with what is said to whoever gives another one.
ROLES = {
    "etcd": (
        "stores the state",
        {
            "serves the api": "clients never ask it: it keeps what the API server is told",
            "runs the containers": "that is the kubelet's, which is no pod",
        },
    ),
    "kube-apiserver": (
        "serves the API",
        {
            "stores the state": "it keeps nothing itself: what it is told, it writes into etcd",
            "chooses nodes for pods": "it only writes down which node somebody else has chosen",
            "routes traffic for services": "the traffic of applications never passes by it",
        },
    ),
    "kube-controller-manager": (
        "runs the controllers",
        {
            "chooses nodes for pods": "its controllers make the pods, and leave their nodes open",
            "runs the containers": "that is the kubelet's, which is no pod",
        },
    ),
    "kube-scheduler": (
        "chooses nodes for pods",
        {
            "runs the controllers": "it makes no pods: it finds nodes for those that have none",
            "runs the containers": "it chooses the node, where the kubelet then runs them",
        },
    ),
    "coredns": (
        "resolves names of Services",
        {
            "gives pods their addresses": "these come from the network plugin; DNS only knows names for them",
            "routes traffic for services": "it tells the address, and the traffic goes another way",
        },
    ),
    "kube-proxy": (
        "routes traffic for Services",
        {
            "forwards http to the api": "that is `kubectl proxy`, a command with a similar name",
            "resolves names of services": "it knows addresses only, and no names",
            "serves the api": "it asks the API server, as everybody does",
        },
    ),
}
NO_PODS = {
    "where-it-runs": (
        {"outside of the pods"},
        {
            "in another namespace": "kube-system is where its pods are, if it has any",
            "hidden from me": "who may not see pods is told so: the list would be forbidden, and not empty",
            "nowhere": "somebody has just answered kubectl",
        },
    ),
    "how-to-find-it": (
        {"processes of the host", "at the provider"},
        {
            "pods of all namespaces": "it is in none of them, so all together do not show it",
            "list of the nodes": "they are where pods run; this control plane is no pod",
        },
    ),
    "works-without-it": (
        {"no"},
        {"yes": "nobody would answer kubectl, and nobody would replace a pod"},
    ),
}


# -- cluster inventory -----------------------------------------------------------------------------------


@graded(
    points=1,
    after="nodes",
    observes=("q1.1-node-count/3",),
    hints=(
        "What is a node to Kubernetes? There is one object for each.",
        "Contexts and clusters of a kubeconfig are what kubectl knows, and pods are what runs on nodes: "
        "neither tells how many nodes there are.",
        "kubectl get takes any kind of object. Ask for the kind that is meant, without a label or a field "
        "to choose by, and let the list be printed as it is.",
    ),
    cites=("How many nodes does your cluster have?",),
)
def test_nodes_are_listed(app: Solution) -> None:
    """Step `nodes` prints every node of the cluster, prints no pod, and leaves none behind."""
    step = app.step("nodes")
    consistently(step, during=1).prints(
        lambda: [node_of(app, pod).name for pod in app.daemon_set("every-node").pods],
        but_not=lambda: [pod.name for pod in app.daemon_set("every-node").pods],
    )
    consistently(step, during=1).leaves_nothing("Pod", "Deployment")


@graded(
    points=1,
    after="node-details",
    observes=("q1.2-kernel-and-engine/1", "q1.2-kernel-and-engine/2", "q1.2-kernel-and-engine/3"),
    hints=(
        "Run the step by hand: which of its columns is the kernel, and which is the engine?",
        "A node tells both of itself. VERSION is that of the kubelet; what your own computer has counts as "
        "little as what one node has, when there are others.",
        "The list of nodes has a wide form, with more columns. Else they are in the status of each node, "
        "below nodeInfo: print the node's name beside them.",
    ),
    cites=(
        "What kernel version and what container engine is each node running?",
        "This will include kernel version and container engine.",
    ),
)
def test_kernel_and_engine_are_shown(app: Solution) -> None:
    """Step `node-details` prints the name, the kernel version and the container engine of every node."""
    consistently(app.step("node-details"), during=1).prints(
        lambda: [node_of(app, pod).name for pod in app.daemon_set("every-node").pods],
        lambda: software(app, "kernelVersion"),
        lambda: software(app, "containerRuntimeVersion"),
    )


# -- control plane examination ---------------------------------------------------------------------------


@graded(
    points=2,
    after="system-pods",
    observes=("q2.1-system-pods/1", "q2.1-system-pods/2"),
    hints=(
        "Run the step by hand: of which namespaces are the pods, and is something there that is no pod?",
        "A namespace is said to kubectl, by an option. Searching for its name in a longer list also finds "
        "pods that are only called so.",
        "kubectl get pods takes --namespace, or -n, with the name of one namespace; without it you see "
        "your own. The word all means several kinds.",
    ),
    cites=("List only the pods in the kube-system namespace.",),
)
def test_system_pods_are_listed(app: Solution) -> None:
    """Step `system-pods` prints the pods of `kube-system`, and nothing of other namespaces or kinds."""
    consistently(app.step("system-pods"), during=1).prints(
        lambda: [pod.name for pod in app.kube_system.pods],
        but_not=("kube-system-notes", "coredns-elsewhere", "service/kube-dns", "deployment.apps/coredns"),
    )


@graded(
    points=2,
    after="nodes",
    observes=("q2.2-roles-of-system-pods/2", "q2.2-roles-of-system-pods/3"),
    hints=(
        "Ask of each: what would stop if it were not there?",
        "Some names tell it, and one misleads: a proxy may stand in front of many things. Each of the six "
        "has a task of its own.",
        "One is asked by kubectl, one remembers what it was told, one compares what is with what is wanted, "
        "one finds places; the other two help pods to find each other, by name and by address.",
    ),
    cites=(
        "Explain the role of some of these pods.",
        "these correspond to control plane components.",
        "these implement the DNS service that lets us resolve service names into their ClusterIP address.",
    ),
)
def test_roles_are_told(app: Solution) -> None:
    """The answers say what each of six pods of `kube-system` is for."""
    for question, (role, others) in ROLES.items():
        eventually(app.answer(question)).is_text(role, decoys=others)


@graded(
    points=1,
    after="nodes",
    observes=("q2.3-why-few-pods/1", "q2.3-why-few-pods/2", "q2.3-why-few-pods/3"),
    hints=(
        "kubectl got an answer, so somebody runs the API. Where else could that be?",
        "A pod is one way to run a program, and not the only one: whoever gives you the cluster may run it "
        "for you, or start it as they start any other program.",
        "Pods are not where to look then, in whatever namespace. Look one level below, at what runs on the "
        "machine itself, or ask who manages the cluster.",
    ),
    cites=(
        "If there are few or no pods in kube-system, why could that be?",
        "On some clusters, the control plane is located outside the cluster itself.",
        "In that case, the control plane won't show up in kube-system, but you can find on host with "
        "ps aux | grep kube.",
    ),
)
def test_place_of_control_plane_is_told(app: Solution) -> None:
    """The answers say where a control plane runs that has no pods, and how it is found."""
    for question, (right, others) in NO_PODS.items():
        eventually(app.answer(question)).is_one_of(right, decoys=others)


# -- running containers ----------------------------------------------------------------------------------


@graded(
    points=2,
    after="ticktock",
    observes=("q3.1-ticktock-deployment/1", "q3.1-ticktock-deployment/2", "q3.1-ticktock-deployment/4"),
    hints=(
        "Look at what there is: kubectl get deployments, and kubectl get pods --show-labels.",
        "kubectl run makes a pod, and nobody replaces it. A Deployment is created, and gives its pods a "
        "label that is called app.",
        "kubectl create deployment takes the name of the Deployment, then --image; without --replicas it "
        "starts one pod, and nothing is said about what the pod runs.",
    ),
    cites=(
        "Create a deployment using kubectl create that runs the image bretfisher/clock and name it ticktock.",
        "By default, it will have one replica, translating to one container.",
    ),
)
def test_clock_runs(app: Solution) -> None:
    """Deployment `ticktock` runs one container of `bretfisher/clock`, in a pod labelled `app=ticktock`."""
    ticktock = app.deployment("ticktock")
    eventually(ticktock).runs_image("bretfisher/clock")
    eventually(ticktock).rolled_out()
    consistently(ticktock, during=1).template_carries(app="ticktock")
    consistently(app.object("Deployment", "ticktock"), during=1).matches({"spec": {"replicas": 1}})
    # of a container that is one of several, this would ask which one is meant
    consistently(ticktock.container(), during=1).has_environment(HOSTNAME=Field("metadata.name"))
    app.remember(first=ticktock.pods[0])


@graded(
    points=2,
    after="two-more",
    needs=test_clock_runs,
    observes=("q3.2-two-more/1", "q3.2-two-more/2", "q3.2-two-more/3", "q3.2-two-more/4"),
    hints=(
        "Count: one is there, and two more are asked for. Is the first one still the same pod?",
        "Each container is in a pod of its own. The Deployment decides how many pods there are, whatever "
        "you do to the replica set below it.",
        "kubectl scale takes the Deployment and, as --replicas, how many there are to be in all. The pod "
        "template stays as it is: a change of it replaces every pod.",
    ),
    cites=(
        "Start 2 more containers of that image in the ticktock deployment.",
        "This will scale the deployment to three replicas (two more containers).",
    ),
)
def test_clock_is_scaled(app: Solution) -> None:
    """`ticktock` has three pods, the first one among them, and has three again when that is deleted."""
    ticktock, first = app.deployment("ticktock"), app.recall("first", Pod)
    consistently(app.object("Deployment", "ticktock"), during=1).matches({"spec": {"replicas": 3}})
    eventually(ticktock).rolled_out()
    consistently(first, during=1).keeps_running()
    with faults.killed(first):
        eventually(ticktock).replaces(first)


@graded(
    points=3,
    after="last-lines",
    needs=test_clock_is_scaled,
    observes=(
        "q3.3-last-log-line/1",
        "q3.3-last-log-line/2",
        "q3.3-last-log-line/3",
        "q3.3-last-log-line/4",
    ),
    hints=(
        "Run the step by hand: how many lines are there, whose are they, and does it end?",
        "A Deployment for a name gives the log of one of its pods; a selector gives all of them. A selector "
        "has a key and a value, and kubectl prints several lines unless you say how many.",
        "kubectl logs takes --selector with the label that kubectl create gave the pods, and --tail with a "
        "number. Names of pods change; to follow a log never ends.",
    ),
    cites=(
        "Use a selector to output only the last line of logs of each container.",
        "Therefore, we use the selector app=ticktock here to match all the pods belonging to this "
        "deployment.",
    ),
)
def test_last_lines_are_printed(app: Solution) -> None:
    """Step `last-lines` prints the last line of each pod of `ticktock`, also of new ones, and no other."""
    ticktock = app.deployment("ticktock")
    container = ticktock.read()["spec"]["template"]["spec"]["containers"][0]["name"]
    talks = {"name": container, "image": "busybox", "command": ["sh", "-c", TALKS]}
    clocks = ticktock.pods
    with faults.changed(ticktock, spec={"template": {"spec": {"containers": [talks]}}}):
        eventually(ticktock).rolled_out()
        eventually(*clocks).is_gone()
        consistently(app.step("last-lines"), during=1).prints_lines(
            lambda: [lines_of(pod, container) for pod in ticktock.pods]
        )


def node_of(app: Solution, pod: Pod) -> Thing:
    """Return the node that a pod is on."""
    return app.object("Node", pod.read()["spec"]["nodeName"], namespaced=False)


def software(app: Solution, which: str) -> list[str]:
    """Return what each node says of its software."""
    return [
        str(node_of(app, pod).read()["status"]["nodeInfo"][which])
        for pod in app.daemon_set("every-node").pods
    ]


def lines_of(pod: Pod, container: str) -> tuple[str, str]:
    """Return the last line of a pod's log, as it is and as kubectl logs --prefix writes it."""
    line = f"{LAST_LINE} {pod.name}"
    return line, f"[pod/{pod.name}/{container}] {line}"
