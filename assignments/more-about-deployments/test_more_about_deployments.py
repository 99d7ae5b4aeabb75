"""Assignment 2: what a pod loses when it is deleted, and what a Service keeps."""

from checks import Pod, Solution, eventually, faults, graded

NOBODY_AT_THE_FIRST = """
    from       {first}:8080   {second}:8080
    stranger   deny           allow
"""
# Each question with its answer, and with what is said to whoever gives another one.
WHAT_HAPPENS = {
    "the-pod-ends": (
        "gracefully",
        {"at once": "it is told to end, and has 30 seconds for that before it is killed"},
    ),
    "the-ping": (
        "fails",
        {"gets replies as before": "with the pod its address has gone, and nobody is there to reply"},
    ),
    "who-replaces-it": (
        "replica set",
        {
            "nobody": "the pod belongs to somebody who has to have so many of them",
            "deployment": "a Deployment makes replica sets, and these make the pods: look at the pod's owner",
            "service": "a Service sends to the pods that there are, and makes none",
            "kubelet": "a kubelet starts containers of a pod again; a pod that was deleted is no more",
        },
    ),
    "the-new-address": (
        "another",
        {"the same": "an address belongs to one pod, and the one that comes next is another pod"},
    ),
    "the-ping-recovers": (
        "no",
        {"yes": "it asks the address that nobody has any more"},
    ),
}
DOES_THE_IP_SURVIVE = {
    "service-address": (
        "works",
        {
            "is lost": "the address is that of the Service, which is not deleted: only the pod's own is lost",
            "changes": "the Service keeps its address for as long as it is there: only the pod's own changes",
        },
    ),
    "no-answer": (
        "while the replacement starts",
        {
            "never": "there is one pod only, so nobody answers until the next one is up",
            "until dns forgets": "the Service's name and address stay as they are: DNS has nothing to forget",
            "for ever": "the replacement has the label as well, so the Service sends to it",
        },
    ),
}


# -- deployments -----------------------------------------------------------------------------------------


@graded(
    points=1,
    after="littletomcat",
    observes=("d1-littletomcat/1", "d1-littletomcat/3"),
    hints=(
        "Look at what there is: kubectl get deployments, and kubectl get pods --show-labels.",
        "A Deployment makes pods by way of a replica set, and gives them its label; a bare pod has nobody "
        "who makes another one.",
        "kubectl create deployment takes the name and --image, and writes the label app of that name. "
        "Names are written small.",
    ),
    cites=("Create a deployment called littletomcat using the tomcat image.",),
)
def test_tomcat_runs(app: Solution) -> None:
    """Deployment `littletomcat` runs one pod of the image `tomcat`, with the label `app=littletomcat`."""
    littletomcat = app.deployment("littletomcat")
    eventually(littletomcat).runs_image("tomcat")
    eventually(littletomcat).template_carries(app="littletomcat")
    eventually(app.object("Deployment", "littletomcat")).matches({"spec": {"replicas": 1}})
    eventually(littletomcat).rolled_out()
    app.remember(bystander=app.deployment("littletomcat2").pods[0])


@graded(
    points=1,
    after="littletomcat",
    needs=test_tomcat_runs,
    observes=("d1-littletomcat/2",),
    hints=(
        "kubectl logs of the pod: does Tomcat run, and on which port?",
        "The image starts Tomcat by itself, on its usual port. It has no page to show: 404 is its answer.",
        "Give the Deployment no command of your own: what the image does is right as it is.",
    ),
    cites=("(The Tomcat image is listening on port 8080 according to Docker Hub).",),
)
def test_tomcat_answers(app: Solution) -> None:
    """Tomcat answers on port 8080 of that pod."""
    one_pod = app.object("EndpointSlice", "one-pod")
    with faults.changed(one_pod, endpoints=[{"addresses": [address(app)]}]):
        eventually(app.service("one-pod", port=8080)).answers("/", status=404, body="Apache Tomcat")


@graded(
    points=2,
    after="pod-ip",
    needs=test_tomcat_runs,
    observes=("d2-pod-ip/1", "d2-pod-ip/2", "d2-pod-ip/3"),
    hints=(
        "Run the step by hand: is there an address in what it prints, and whose is it?",
        "The plain table has no addresses, the wide one has; and a label says which pods it is about. Pods "
        "of other Deployments have names that begin alike.",
        "kubectl get pods takes --selector with the label of the Deployment's pods, and -o wide, or a "
        "jsonpath to podIP in the pod's status. Ask each time: the next pod has another address.",
    ),
    cites=(
        "What command will help you get the IP address of that Tomcat server?",
        "List all pods with label app=littletomcat, with extra details including IP address:",
    ),
)
def test_address_is_shown(app: Solution) -> None:
    """Step `pod-ip` prints the address of that pod, whichever it is, and not that of `littletomcat2`."""
    step, pod = app.step("pod-ip"), app.deployment("littletomcat").pods[0]
    eventually(step).prints(lambda: address(app), but_not=lambda: address(app, "littletomcat2"))
    with faults.killed(pod):
        eventually(app.deployment("littletomcat")).replaces(pod)
    eventually(step).prints(lambda: address(app), but_not=lambda: address(app, "littletomcat2"))


@graded(
    points=2,
    after="ping",
    needs=test_tomcat_runs,
    observes=("d3-ping-from-another-container/1", "d3-ping-from-another-container/2"),
    hints=(
        "Run the step by hand: which address do the replies come from, and is it the pod's of now?",
        "There is a pod with ping in the other namespace, shpod. A Service's address answers no ping, and a "
        "pod's address does not outlive the pod.",
        "Look the pod's address up in the first line, keep it in a variable, and let kubectl exec run ping "
        "in shpod with that address and with the option that says how many packets.",
    ),
    cites=(
        "What steps would you take to ping it from another container?",
        "Then the IP address of the pod should ping correctly.",
    ),
)
def test_ping_is_answered(app: Solution) -> None:
    """Step `ping` asks the pod's address 3 times and loses nothing, also when there is another pod."""
    step, pod = app.step("ping"), app.deployment("littletomcat").pods[0]
    eventually(step).prints(lambda: address(app), "3", "0%")
    with faults.killed(pod):
        eventually(app.deployment("littletomcat")).replaces(pod)
    eventually(step).prints(lambda: address(app), "3", "0%")


@graded(
    points=1,
    after="ping",
    needs=test_ping_is_answered,
    observes=("d3-ping-from-another-container/3",),
    hints=(
        "Where does the ping run? A pod always reaches itself.",
        "Only who stands outside of the pod sees whether it can be reached; and who lost all packets has "
        "to say so by an exit code that is not 0, as ping does.",
        "Run it in shpod, or in a pod of your own, never in Tomcat's; print what it says and not what you "
        "expect, and let nothing come after it that hides its exit code.",
    ),
    cites=("What steps would you take to ping it from another container?",),
)
def test_ping_comes_from_outside(app: Solution) -> None:
    """Step `ping` fails while no packet gets from other pods to Tomcat's."""
    with faults.unreachable(app.deployment("littletomcat").pods[0]):
        eventually(app.step("ping")).fails()
    eventually(app.step("ping")).succeeds()


@graded(
    points=1,
    after="ping",
    needs=test_ping_is_answered,
    observes=("d3-ping-from-another-container/4",),
    hints=(
        "Look at what the step leaves: kubectl get pods, in both namespaces.",
        "A pod that was only there for the ping is to go with it; one that is there anyway may stay.",
        "kubectl run has the option --rm for that, together with -i; or use shpod, and make no pod at all.",
    ),
    cites=(
        "You could also start a deployment or pod temporarily (like nginx), then exec in, install ping, "
        "and ping the IP.",
    ),
)
def test_ping_leaves_no_pod(app: Solution) -> None:
    """Step `ping` leaves no pod behind, neither in your namespace nor in the other one."""
    eventually(app.step("ping")).leaves_nothing()
    eventually(app.elsewhere.step("ping")).leaves_nothing()


@graded(
    points=2,
    during="delete-the-pod",
    needs=test_tomcat_runs,
    observes=("d4-delete-the-pod/1", "d4-delete-the-pod/2"),
    hints=(
        "Look before and after: kubectl get deployments,replicasets,pods.",
        "Only the pod is to go. Whoever has to have one pod then makes another.",
        "kubectl delete pods takes a name, or --selector with the label of the Deployment's pods. The "
        "Deployment and its number of replicas stay as they are.",
    ),
    cites=(
        "What command would delete the running pod inside that deployment?",
        "the replica set will notice that it doens't have the right count of pods and create a "
        "replacement pod,",
    ),
)
def test_pod_is_replaced(app: Solution) -> None:
    """Step `delete-the-pod` deletes the pod of `littletomcat`, which gets another one and stays the same."""
    littletomcat = app.deployment("littletomcat")
    pod, before = littletomcat.pods[0], littletomcat.read()["metadata"]
    owner = pod.read()["metadata"]["ownerReferences"][0]
    app.step("delete-the-pod").runs()
    eventually(app.object("Deployment", "littletomcat")).matches({"metadata": {"uid": before["uid"]}})
    eventually(app.object("ReplicaSet", owner["name"])).matches({"metadata": {"uid": owner["uid"]}})
    eventually(littletomcat).replaces(pod)
    eventually(littletomcat).rolled_out()
    # who restarts a rollout, or scales to nothing and back, has changed the Deployment
    unchanged = {"metadata": {"generation": before["generation"]}}
    eventually(app.object("Deployment", "littletomcat")).matches(unchanged)


@graded(
    points=1,
    after="delete-the-pod",
    needs=test_pod_is_replaced,
    observes=("d4-delete-the-pod/3", "d4-delete-the-pod/4"),
    hints=(
        "Run the step twice: what is deleted the second time?",
        "The next pod has another name, and other pods have names that begin alike.",
        "Select by the label app, which only these pods have in this way; a name that was kept, a part of a "
        "name and --all mean other pods.",
    ),
    cites=("We can delete the pod with: kubectl delete pods --selector=app=littletomcat",),
)
def test_only_its_pod_is_deleted(app: Solution) -> None:
    """Step `delete-the-pod` deletes the next pod of `littletomcat` as well, and none of `littletomcat2`."""
    littletomcat = app.deployment("littletomcat")
    pod = littletomcat.pods[0]
    eventually(app.step("delete-the-pod")).succeeds()
    eventually(littletomcat).replaces(pod)
    eventually(app.recall("bystander", Pod)).keeps_running()


@graded(
    points=2,
    after="what-happens",
    needs=(test_tomcat_answers, test_pod_is_replaced),
    observes=("d5-what-happens/2", "d5-what-happens/3"),
    hints=(
        "Run the step by hand: does it print two addresses, and are they different?",
        "A container that is started again keeps the pod and its address; a pod that is deleted does not. "
        "The next one has its address when it runs.",
        "Print the pod's address, delete the pod, wait with kubectl rollout status until the Deployment has "
        "its pod again, and print the address of the pod that there is then.",
    ),
    cites=("that new pod will have a different IP address (so the ping command won't recover).",),
)
def test_address_goes_with_the_pod(app: Solution) -> None:
    """Step `what-happens` prints the address before and after; nobody answers at the first one any more."""
    littletomcat = app.deployment("littletomcat")
    pod, first = littletomcat.pods[0], address(app)
    app.step("what-happens").prints(first, lambda: address(app))
    eventually(littletomcat).replaces(pod)
    eventually(app.network).allows_only(NOBODY_AT_THE_FIRST.format(first=first, second=address(app)))


@graded(
    points=1,
    after="littletomcat",
    observes=("d5-what-happens/1",),
    hints=(
        "Try it: let a ping run in one window, and delete the pod in another.",
        "Ask of each thing whether it is the same one afterwards: the pod, its address, the Deployment.",
        "A pod is told to end and then does. Its owner counts one too few and makes a new pod, which gets "
        "the next free address. A ping asks an address, not a name.",
    ),
    cites=(
        "What happens if we delete the pod that holds Tomcat, while the ping is running?",
        "the pod will be gracefully terminated,",
        "the ping command that we left running will fail,",
    ),
)
def test_what_happens_is_told(app: Solution) -> None:
    """The answers say how the pod ends, what becomes of the ping, and who comes in the pod's place."""
    for question, (word, others) in WHAT_HAPPENS.items():
        eventually(app.answer(question)).is_text(word, decoys=others)
    eventually(app.answer("pods-afterwards")).is_number(
        1, decoys={0: "the Deployment still asks for one pod, and gets it", 2: "the first one is gone"}
    )


# -- the first service -----------------------------------------------------------------------------------


@graded(
    points=2,
    after="stable-address",
    needs=(test_tomcat_answers, test_pod_is_replaced),
    observes=("s1-stable-address/1", "s1-stable-address/2", "s1-stable-address/4"),
    hints=(
        "Look at the Service and what is behind it: kubectl get services, kubectl get endpointslices.",
        "The Service selects by the label that the pod has, and sends to the port where Tomcat listens; it "
        "is in the namespace of its pods.",
        "kubectl expose makes one of the Deployment, and takes the selector from there: give it --port with "
        "the number of Tomcat's own port, and leave the type as it is.",
    ),
    cites=(
        "What command can give our Tomcat server a stable DNS name and IP address?",
        "We need to create a Service for our deployment, which will have a ClusterIP that is usable from "
        "within the cluster.",
    ),
)
def test_service_leads_to_tomcat(app: Solution) -> None:
    """Service `littletomcat` has a name inside the cluster, and leads from its port 8080 to Tomcat."""
    service = app.service("littletomcat", port=8080)
    eventually(service).routes_to_exactly(app.deployment("littletomcat"))
    eventually(app.object("Service", "littletomcat")).matches({"spec": {"type": "ClusterIP"}})
    eventually(service).resolves_to_endpoints()
    eventually(service).answers("/", status=404, body="Apache Tomcat")


@graded(
    points=1,
    after="stable-address",
    needs=test_service_leads_to_tomcat,
    observes=(
        "s1-stable-address/3",
        "s3-does-the-ip-survive/2",
        "s3-does-the-ip-survive/3",
    ),
    hints=(
        "Delete the pod, and look at the Service's address and at its endpoints before and after.",
        "A Service keeps its address, but a headless one has none. Kubernetes keeps the endpoints of a "
        "Service that has a selector; addresses written by hand stay as they are.",
        "Let the cluster give the Service an address (leave clusterIP out), and select by a label of the "
        "Deployment's pod template: the next pod has that one, too.",
    ),
    cites=("(An address that doesn't change when something bad happens to the container.)",),
)
def test_address_outlives_the_pod(app: Solution) -> None:
    """The Service has an address of its own, which stays and leads to the next pod when there is one."""
    service, littletomcat = app.service("littletomcat", port=8080), app.deployment("littletomcat")
    before, pod = service.read()["spec"]["clusterIP"], littletomcat.pods[0]
    with faults.changed(service, spec={"ports": [{"port": 80, "targetPort": 8080}]}):
        eventually(app.service("littletomcat", port=80)).answers("/", status=404)
    with faults.killed(pod):
        eventually(littletomcat).replaces(pod)
    eventually(service).routes_to_exactly(littletomcat)
    eventually(service).answers("/", status=404)
    eventually(app.object("Service", "littletomcat")).matches({"spec": {"clusterIP": before}})
    app.remember(address=before)


@graded(
    points=2,
    after="curl-by-dns",
    needs=test_address_outlives_the_pod,
    observes=("s2-curl-by-dns/2", "s2-curl-by-dns/3"),
    hints=(
        "Run the step by hand: does it print a status? Tomcat's own is 404.",
        "A short name is looked up in the namespace of whoever asks; and HTTP goes to port 80, unless the "
        "URL says another port.",
        "Ask for the name of the Service, a dot and its namespace, and for Tomcat's port behind a colon; "
        "curl prints the status line with --include. Keep no address in a file.",
    ),
    cites=("What commands would you run to curl Tomcat with that DNS address?",),
)
def test_curl_prints_the_status(app: Solution) -> None:
    """Step `curl-by-dns` prints Tomcat's status 404, also when pod and ClusterIP are others."""
    service, littletomcat = app.service("littletomcat", port=8080), app.deployment("littletomcat")
    step, pod = app.step("curl-by-dns"), littletomcat.pods[0]
    eventually(step).prints("404")
    with faults.changed(service, spec={"type": "ExternalName", "externalName": "moving.invalid"}):
        pass  # which gives the ClusterIP up, and gets another one afterwards: as if it were made again
    app.remember(address=service.read()["spec"]["clusterIP"])
    with faults.killed(pod):
        eventually(littletomcat).replaces(pod)
    eventually(service).answers("/", status=404)
    eventually(step).prints("404")


@graded(
    points=1,
    after="curl-by-dns",
    needs=test_curl_prints_the_status,
    observes=("s2-curl-by-dns/1",),
    hints=(
        "What stands in the URL of your request, and in which namespace does the pod live that sends it?",
        "An address is no name, and localhost is the name of somebody else. A server sees by which name it "
        "is asked.",
        "From a pod of the other namespace, such as shpod, ask for littletomcat, a dot and the namespace "
        "that kubectl config view tells; the rest of the whole name (svc.cluster.local) may follow.",
    ),
    cites=(
        "Note that shpod runs in the shpod namespace, so to find a DNS name of a different namespace in the "
        "same cluster, you should use <hostname>.<namespace> syntax.",
    ),
)
def test_name_is_asked_from_outside(app: Solution) -> None:
    """Step `curl-by-dns` asks for `littletomcat` in its namespace, by name, and from another one."""
    service = app.service("littletomcat", port=8080)
    selector = {**dict.fromkeys(service.read()["spec"]["selector"]), "app": "doorman"}
    ports = [{"port": 8080, "targetPort": 8080}]
    with faults.changed(service, spec={"selector": selector, "ports": ports}):
        eventually(service).routes_to_exactly(app.deployment("doorman"))
        eventually(app.step("curl-by-dns")).prints("202")


@graded(
    points=1,
    after="littletomcat",
    observes=("s3-does-the-ip-survive/1",),
    hints=(
        "Try it: ask the Service's address again and again while you delete the pod.",
        "Two addresses are in play: which one goes with the pod, and which one is the Service's?",
        "The Service stays as it is, and sends to whichever pod is Ready. There is one pod only: think of "
        "the seconds in which none is.",
    ),
    cites=(
        "If we delete the pod that holds Tomcat, does the IP address still work?",
        "(Except during a short period while the replacement container is being started.)",
    ),
)
def test_survival_is_told(app: Solution) -> None:
    """The answers say what becomes of the Service's address, and when nobody answers there."""
    for question, (word, others) in DOES_THE_IP_SURVIVE.items():
        eventually(app.answer(question)).is_text(word, decoys=others)


@graded(
    points=1,
    needs=test_address_outlives_the_pod,
    observes=("s3-does-the-ip-survive/2",),
    hints=(
        "Which of your steps, after stable-address, touches the Service or the Deployment?",
        "A Service that is made over is another one, with another address: that proves nothing of the first.",
        "Leave the Service and the Deployment alone once they are there. To prove that the address survives, "
        "delete the pod and nothing else.",
    ),
    cites=("The ClusterIP will still work.",),
)
def test_address_is_there_at_the_end(app: Solution) -> None:
    """At the end Service `littletomcat` still has its address, and Tomcat answers there."""
    same = {"spec": {"clusterIP": app.recall("address", str)}}
    eventually(app.object("Service", "littletomcat")).matches(same)
    eventually(app.service("littletomcat", port=8080)).answers("/", status=404, body="Apache Tomcat")


def address(app: Solution, name: str = "littletomcat") -> str:
    """Return the IP address of the pod that a Deployment has now."""
    return str(app.deployment(name).ready_pods()[0]["status"]["podIP"])
