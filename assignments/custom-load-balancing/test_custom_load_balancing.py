"""Assignment 4: one Service, two Deployments, and a label that only the Service uses."""

from checks import Solution, eventually, faults, graded

OWN_LABEL = (
    "The selector asks for the new label and for nothing else; the pods get it under "
    "spec.template.metadata.labels, beside app: the Deployment's own metadata is not copied to them."
)
ONE_POD_GONE = (
    "A Service sends to the pods that carry all labels of its selector, at this moment, whoever made them."
)


@graded(
    points=1,
    cites=(
        "Create a deployment running one pod using the official NGINX image.",
        "Create a deployment running one pod using the official Apache image.",
    ),
)
def test_both_versions_run(app: Solution) -> None:
    """Deployments `v1-nginx` and `v2-apache` run the official images of NGINX and Apache."""
    nginx, apache = app.deployment("v1-nginx"), app.deployment("v2-apache")
    eventually(nginx).runs_image("nginx")
    eventually(apache).runs_image("httpd")
    eventually(nginx, apache).rolled_out()


@graded(
    points=2,
    needs=test_both_versions_run,
    hint=OWN_LABEL,
    cites=("The selector of that service will need to match the pods created by both deployments.",),
)
def test_service_routes_to_both_versions(app: Solution) -> None:
    """Service `v1-nginx` sends traffic to the pods of `v1-nginx` and `v2-apache`, and to no other pod."""
    nginx, apache = app.deployment("v1-nginx"), app.deployment("v2-apache")
    eventually(app.service("v1-nginx")).routes_to_exactly(nginx, apache)


@graded(
    points=2,
    needs=test_service_routes_to_both_versions,
    hint="Each new connection goes to any of the endpoints: look for what ties a client to one of them.",
    cites=("on average, Apache and NGINX should serve approximately 50% of the requests each.",),
)
def test_both_versions_answer(app: Solution) -> None:
    """Of 100 requests to `v1-nginx`, each version answers at least 25, and none stays unanswered."""
    nginx, apache = app.deployment("v1-nginx"), app.deployment("v2-apache")
    eventually(app.service("v1-nginx")).reaches_each(nginx, apache, requests=100, at_least=25)


@graded(
    points=2,
    needs=test_service_routes_to_both_versions,
    hint=OWN_LABEL,
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
    needs=test_service_routes_to_both_versions,
    hint=ONE_POD_GONE,
    cites=("That label should be different from the pre-existing labels of our deployments",),
)
def test_pod_out_of_rotation_lives_on(app: Solution) -> None:
    """A pod of `v2-apache` that loses the Service's label runs on and gets no request, until it is back."""
    service, pod = app.service("v1-nginx"), app.deployment("v2-apache").pods[0]
    with faults.out_of_rotation(pod, service):
        eventually(service).excludes(pod)
        pod.keeps_running()
    eventually(service).includes(pod)


@graded(points=1, needs=test_both_versions_answer, hint=ONE_POD_GONE)
def test_scaling_shifts_the_traffic(app: Solution) -> None:
    """With `v2-apache` scaled to 0 all answers come from `v1-nginx`; scaled back, both answer again."""
    service = app.service("v1-nginx")
    nginx, apache = app.deployment("v1-nginx"), app.deployment("v2-apache")
    with apache.scaled(to=0):
        eventually(service).reaches_each(nginx, requests=50)
    eventually(service).reaches_each(nginx, apache, requests=50)
