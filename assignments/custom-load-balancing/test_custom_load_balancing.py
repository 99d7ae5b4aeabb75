"""Assignment 4: one Service, two Deployments, and a label that only the Service uses."""

from checks import Solution, eventually, faults, graded


@graded(
    points=1,
    hints=(
        "Look at what the pods are waiting for: kubectl get pods, then kubectl describe of one of them.",
        "The official images have names of one word, without a registry or a user before them.",
        "kubectl create deployment takes the Deployment's name and --image: nginx for the first version, "
        "httpd for the second, which is what Apache's own image is called.",
    ),
    observes=("q1.1-v1-nginx/1", "q3.1-v2-apache/1"),
    cites=(
        "Create a deployment running one pod using the official NGINX image.",
        "Create a deployment running one pod using the official Apache image.",
    ),
)
def test_both_versions_run(app: Solution) -> None:
    """Deployments `v1-nginx` and `v2-apache` run one pod each, of the official images of NGINX and Apache."""
    for name, image in (("v1-nginx", "nginx"), ("v2-apache", "httpd")):
        eventually(app.deployment(name)).runs_image(image)
        eventually(app.object("Deployment", name)).matches({"spec": {"replicas": 1}})
    eventually(app.deployment("v1-nginx"), app.deployment("v2-apache")).rolled_out()


@graded(
    points=2,
    needs=test_both_versions_run,
    hints=(
        "Compare the selector of the Service with the labels that the pods have, not the Deployments.",
        "The selector asks for the new label and for nothing else. Labels of a Deployment are not given to "
        "its pods: those have the labels of its pod template.",
        "Give both Deployments the label under spec.template.metadata.labels, beside app, and make it the "
        "only entry of the Service's spec.selector: a second one, such as app, fits one version only.",
    ),
    observes=("q2.1-custom-label/3", "q3.3-both-answer/1"),
    cites=("The selector of that service will need to match the pods created by both deployments.",),
)
def test_service_routes_to_both_versions(app: Solution) -> None:
    """Service `v1-nginx` sends traffic to the pods of `v1-nginx` and `v2-apache`, and to no other pod."""
    nginx, apache = app.deployment("v1-nginx"), app.deployment("v2-apache")
    eventually(app.service("v1-nginx")).routes_to_exactly(nginx, apache)


@graded(
    points=2,
    needs=test_service_routes_to_both_versions,
    hints=(
        "Each new connection goes to any of the endpoints: look for what ties a client to one of them.",
        "Both servers listen on port 80; and a Service may be told to send a client to the same pod always.",
        "Leave spec.sessionAffinity of the Service at None and let it send to port 80 of the pods; run as "
        "many pods of one version as of the other.",
    ),
    observes=("q1.2-expose/1", "q3.3-both-answer/2", "q3.3-both-answer/3"),
    cites=("on average, Apache and NGINX should serve approximately 50% of the requests each.",),
)
def test_both_versions_answer(app: Solution) -> None:
    """Of 100 requests to `v1-nginx`, each version answers at least 25, and none stays unanswered."""
    nginx, apache = app.deployment("v1-nginx"), app.deployment("v2-apache")
    eventually(app.service("v1-nginx")).reaches_each(nginx, apache, requests=100, at_least=25)


@graded(
    points=2,
    needs=test_service_routes_to_both_versions,
    hints=(
        "A new pod has the labels that its Deployment gives it, not those of the pod before it.",
        "kubectl label changes one pod that runs; the pod template is what all later pods are made from.",
        "Add the Service's label to spec.template.metadata.labels of both Deployments (kubectl edit or "
        "kubectl patch), below app, and leave spec.selector.matchLabels alone.",
    ),
    observes=(
        "q2.4-label-in-template/1",
        "q2.4-label-in-template/4",
        "q3.2-label-apache/1",
        "q3.2-label-apache/3",
    ),
    cites=(
        "we want to change the labels of the pods created by the deployment, not of the deployment itself.",
    ),
)
def test_label_survives_the_pod(app: Solution) -> None:
    """A pod that is deleted gets a successor, which is in the rotation of `v1-nginx` again."""
    nginx, apache = app.deployment("v1-nginx"), app.deployment("v2-apache")
    first, second = nginx.pods[0], apache.pods[0]
    with faults.killed(first), faults.killed(second):
        eventually(nginx).replaces(first)
        eventually(apache).replaces(second)
    eventually(app.service("v1-nginx")).routes_to_exactly(nginx, apache)


@graded(
    points=2,
    needs=(test_both_versions_answer, test_label_survives_the_pod),
    hints=(
        "Ask of each label of the Service's selector who else selects pods by it.",
        "A Deployment that selects by the Service's label loses a pod without it, and makes another.",
        "Let v2-apache select its pods by app, as kubectl create deployment does, and the Service by "
        "another key, which no Deployment has among its matchLabels.",
    ),
    observes=("q2.1-custom-label/1", "q2.3-cannot-connect/1", "q2.3-cannot-connect/2"),
    cites=("That label should be different from the pre-existing labels of our deployments",),
)
def test_pod_out_of_rotation_lives_on(app: Solution) -> None:
    """A pod that loses the Service's label runs on and gets no request; without both nobody answers."""
    service = app.service("v1-nginx")
    first, second = app.deployment("v1-nginx").pods[0], app.deployment("v2-apache").pods[0]
    with faults.out_of_rotation(first, service):
        eventually(service).excludes(first)
        with faults.out_of_rotation(second, service):
            eventually(service).refuses()
        second.keeps_running()
        first.keeps_running()
    eventually(service).routes_to_exactly(app.deployment("v1-nginx"), app.deployment("v2-apache"))


@graded(
    points=1,
    needs=(test_both_versions_answer, test_label_survives_the_pod),
    hints=(
        "A Service sends to the pods that carry all labels of its selector, at this moment.",
        "With one version gone the other has to take every connection: see what else the Service sends to.",
        "Put nothing between the Service and the two servers: v1-nginx runs NGINX alone and v2-apache runs "
        "Apache alone, and the one selector finds the pods of both, however many there are.",
    ),
    observes=("q1.1-v1-nginx/2", "q2.5-connects-again/2", "q3.1-v2-apache/2", "q3.3-both-answer/4"),
    cites=("service selectors are used to find pods to use as service endpoints.",),
)
def test_scaling_shifts_the_traffic(app: Solution) -> None:
    """With `v2-apache` scaled to 0 NGINX gives all answers; with `v1-nginx` scaled to 0 Apache does."""
    service = app.service("v1-nginx")
    nginx, apache = app.deployment("v1-nginx"), app.deployment("v2-apache")
    with apache.scaled(to=0):
        eventually(service).reaches_each(nginx, requests=50)
        eventually(service).answers("/", header={"server": "nginx"}, body="Welcome to nginx!")
    eventually(apache).rolled_out()
    with nginx.scaled(to=0):
        eventually(service).reaches_each(apache, requests=50)
        eventually(service).answers("/", header={"server": "Apache"}, body="It works!")
    eventually(nginx).rolled_out()
    eventually(service).reaches_each(nginx, apache, requests=50)
