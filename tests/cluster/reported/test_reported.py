"""Claims that meet every end on one submission: it has a secret, which no report may tell."""

from checks import Solution, eventually, graded, throughout


@graded(points=2)
def test_web_runs(app: Solution) -> None:
    """Deployment `web` runs two pods."""
    eventually(app.deployment("web")).rolled_out()


@graded(points=1, needs=test_web_runs)
def test_web_is_told_the_password(app: Solution) -> None:
    """The container of `web` has another PASSWORD."""
    eventually(app.deployment("web").pods[0].container("web")).has_environment(PASSWORD="another")


@graded(points=1, needs=test_web_runs)
def test_web_answers(app: Solution) -> None:
    """Service `web` answers at port 80."""
    eventually(app.service("web")).answers("/")


@graded(points=1, needs=test_web_runs)
def test_web_stays(app: Solution) -> None:
    """A pod of `web` is Ready all the time."""
    web = app.deployment("web")
    with throughout(web.keeps_available, 1):
        eventually(web).rolled_out()


@graded(points=1, needs=test_web_runs)
def test_strangers_stay_out(app: Solution) -> None:
    """Nobody of another namespace reaches `web`."""
    eventually(app.network).allows_only("""
        from       web:80
        stranger   deny
    """)


@graded(points=3)
def test_worker_runs(app: Solution) -> None:
    """Deployment `worker` runs."""
    eventually(app.deployment("worker")).rolled_out()


@graded(points=1, needs=test_worker_runs)
def test_worker_keeps_running(app: Solution) -> None:
    """The pod of `worker` keeps running."""
    eventually(app.deployment("worker").pods[0]).keeps_running()


@graded(points=2)
def test_widgets(app: Solution) -> None:
    """There is a widget, which this cluster has never heard of."""
    eventually(app.object("Widget", "web")).exists()
