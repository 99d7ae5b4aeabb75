"""What the hostile submissions, and their neighbour, are judged by."""

from checks import Solution, consistently, eventually, graded


@graded(points=1)
def test_web_runs(app: Solution) -> None:
    """Deployment `web` runs two pods of NGINX."""
    web = app.deployment("web")
    eventually(web).runs_image("nginx")
    eventually(web).rolled_out()
    eventually(app.object("Deployment", "web")).matches({"status": {"readyReplicas": 2}})


@graded(points=2, needs=test_web_runs)
def test_web_answers(app: Solution) -> None:
    """Service `web` answers HTTP 200, from the pods of `web` and from no other."""
    web = app.service("web")
    eventually(web).answers("/")
    eventually(web).routes_to_exactly(app.deployment("web"))


@graded(points=1, needs=test_web_answers)
def test_web_keeps_answering(app: Solution) -> None:
    """Service `web` answers for three seconds on end."""
    consistently(app.service("web"), during=3).answers("/")


@graded(points=1)
def test_number_is_written_down(app: Solution) -> None:
    """The answer `replicas` is the number of pods of `web`."""
    app.answers["replicas"].is_number(2)
