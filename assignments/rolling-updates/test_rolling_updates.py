"""Rolling updates: how fast they go, what holds one up, and the ways back."""

from __future__ import annotations

from typing import Any

from checks import ABSENT, Deployment, Solution, consistently, eventually, faults, graded, throughout

DEPLOYMENTS = ("hasher", "redis", "rng", "webui", "worker")
GOOD = 2
"""The revision of `worker` that runs when the learner begins; before it there was a trial."""
REVISION = "deployment.kubernetes.io/revision"
# Each question with its answer, and with what is said to whoever gives another one.
COUNTS = {
    "old-pods": (
        4,
        {
            3: "25% of 5 is 1.25: of that, fewer pods may be missing, and not more",
            2: "25% of 5 is 1.25: that is far from three pods",
            5: "one old pod has gone before any new one was there: that is what maxUnavailable allows",
            8: "that is for the 10 workers of the slides: here they are 5",
        },
    ),
    "new-pods": (
        3,
        {
            1: "that one comes for the old pod that has gone; maxSurge lets more begin beside them",
            2: "that is what maxSurge allows beside the 5; an old pod has gone as well, and left its place",
            5: "that is for the 10 workers of the slides: here they are 5",
            7: "that is how many there are in all, the old ones included",
        },
    ),
}
ROUNDING = {
    "max-unavailable-rounds": (
        "down",
        {"up": "then 2 of 5 were missing: count the old pods, and be as careful as the cluster is"},
    ),
    "max-surge-rounds": (
        "up",
        {"down": "then there were 6 pods in all: count them"},
    ),
    "the-rollout": (
        "stuck",
        {
            "complete": "that a command returns says nothing: ask kubectl rollout status",
            "undone": "nobody undoes it by itself: the new pods go on asking for their image",
        },
    ),
}
SECOND_UNDO = {
    "version-after-the-second-undo": (
        "v0.3",
        {
            "v0.1": "it is older than the revision before: no undo of this kind gets that far",
            "v0.2": "that is what the first one brought back, and the second one left",
        },
    ),
    "undo-goes": (
        "to the revision before",
        {
            "one further down": "then a second one would have got to v0.1, and it did not",
            "to the first revision": "then the first one would have got there already",
        },
    ),
}


@graded(
    points=2,
    during="strategies",
    observes=("strategy-report/1", "strategy-report/2", "strategy-report/3"),
    hints=(
        "Run the step by hand: is there an object for each Deployment, and do the numbers change when you "
        "change them?",
        "kubectl can print objects as JSON, and jq can pick from them: the name is in the metadata, the two "
        "numbers are together in one mapping of the spec.",
        "In jq, two mappings can be added, and null adds nothing: so begin with the name and add "
        "rollingUpdate of the strategy, of every item of the list.",
    ),
    cites=(
        "Two parameters determine the pace of the rollout: maxUnavailable and maxSurge",
        "They can be specified in absolute number of pods, or percentage of the replicas count",
    ),
)
def test_strategies_are_reported(app: Solution) -> None:
    """Step `strategies` prints name, maxSurge and maxUnavailable of each Deployment, and changes none."""
    step, worker = app.step("strategies"), app.object("Deployment", "worker")
    webui, former = app.object("Deployment", "webui"), report(app)
    generation = worker.read()["metadata"]["generation"]
    step.runs()
    eventually(step).prints_json(former)
    eventually(worker).matches({"metadata": {"generation": generation}})
    with faults.changed(
        webui, spec={"strategy": {"rollingUpdate": {"maxSurge": "40%", "maxUnavailable": 3}}}
    ):
        eventually(step).prints_json(lambda: report(app))


@graded(
    points=2,
    during="update",
    observes=("update-worker/1", "update-worker/2", "update-worker/3", "update-worker/4"),
    hints=(
        "Watch it in a second terminal: kubectl get pods -w, and kubectl get replicasets -w. Who comes, who "
        "goes, and when does your step end?",
        "A Deployment replaces its pods by itself when its template has another image, a few at a time. "
        "There is a command that shows how far it is, and ends when it is done.",
        "kubectl set image takes deployment, container and image, the latter two with = between them; "
        "kubectl rollout status waits. Leave strategy and replicas alone.",
    ),
    cites=(
        "With rolling updates, when a Deployment is updated, it happens progressively",
        "there will always be at least replicas-maxUnavailable pods available",
        "there will never be more than replicas+maxSurge pods in total",
        "kubectl set image deploy worker worker=dockercoins/worker:v0.2",
    ),
)
def test_update_keeps_workers(app: Solution) -> None:
    """Step `update` ends when all 5 workers run v0.2; at least 4 are there at all times."""
    worker, obj = app.deployment("worker"), app.object("Deployment", "worker")
    uid, following = worker.read()["metadata"]["uid"], str(revision_of(worker) + 1)
    old = worker.pods[0].read()["metadata"]["ownerReferences"][0]["name"]
    with faults.changed(worker, spec={"minReadySeconds": 10}):  # longer than who guesses would wait
        eventually(worker).rolled_out()
        with throughout(worker.keeps_available, 4):
            app.step("update").runs()
            consistently(worker, during=1).rolled_out()
    eventually(worker).runs_image("dockercoins/worker:v0.2")
    eventually(obj).matches({"spec": {"template": {"spec": {"containers": [{"env": ABSENT}]}}}})
    pace = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    eventually(obj).matches({"metadata": {"uid": uid}, "spec": {"replicas": 5, "strategy": pace}})
    eventually(obj).is_annotated({REVISION: following})
    eventually(app.object("ReplicaSet", old)).matches({"spec": {"replicas": 0}})


@graded(
    points=2,
    after="stuck",
    observes=("stuck-rollout/1", "stuck-rollout/2"),
    hints=(
        "kubectl get replicasets: how many pods has the old one, how many the new one, and who is ready?",
        "The image has to be one that does not exist, and all else stays as it is: then the rollout goes as "
        "far as it may, and waits.",
        "Set the image of the container to the tag v0.3 as you did with v0.2. Neither scale, nor undo, nor "
        "change the strategy in this step.",
    ),
    cites=(
        "Update worker by specifying a non-existent image:",
        "Our rollout is stuck. However, the app is not dead.",
    ),
)
def test_rollout_is_stuck(app: Solution) -> None:
    """After step `stuck`, 4 old workers are available, and 3 new ones wait for v0.3, which does not exist."""
    worker = app.deployment("worker")
    eventually(worker).runs_image("dockercoins/worker:v0.3")
    pods = {"replicas": 7, "updatedReplicas": 3, "readyReplicas": 4, "availableReplicas": 4}
    eventually(app.object("Deployment", "worker")).matches({"spec": {"replicas": 5}, "status": pods})
    app.remember(stuck=revision_of(worker))


@graded(
    points=1,
    after="strategies",
    observes=("stuck-rollout/3",),
    hints=(
        "Count when it is stuck: kubectl get replicasets shows old and new pods on a line each.",
        "25% of 5 is 1.25, and pods come whole. The two parameters are rounded each in its own way, so that "
        "there is progress and enough old pods stay.",
        "What may be missing is taken off 5: that many old ones stay. What may be there in all is 5 and the "
        "surge: take the old ones off that.",
    ),
    cites=(
        "It rounded down the number of MaxUnavailable pods conservatively,",
        "but the total number of pods being rolled out is allowed to be 25+25=50%",
    ),
)
def test_stuck_rollout_is_explained(app: Solution) -> None:
    """The answers say how many old and new pods there are when it is stuck, and how that is reckoned."""
    for question, (number, wrong) in COUNTS.items():
        eventually(app.answer(question)).is_number(number, decoys=wrong)
    for question, (word, others) in ROUNDING.items():
        eventually(app.answer(question)).is_text(word, decoys=others)


@graded(
    points=1,
    after="undo",
    needs=test_rollout_is_stuck,
    observes=("undo-and-undo-again/1",),
    hints=(
        "Which image does the Deployment have after the step, and are all its pods ready?",
        "There is a command for the way back. Without a number it takes the revision that was there before.",
        "kubectl rollout has, beside status, also history and undo. One undo is enough, without an image.",
    ),
    cites=("Or we could invoke a manual rollback", "We reverted to v0.2"),
)
def test_undo_brings_workers_back(app: Solution) -> None:
    """After step `undo` all workers run what they ran before it was stuck, as the next revision."""
    worker, stuck = app.deployment("worker"), app.recall("stuck", int)
    eventually(worker).has_template_of(revision=stuck - 1)
    eventually(worker).rolled_out()
    eventually(app.object("Deployment", "worker")).is_annotated({REVISION: str(stuck + 1)})


@graded(
    points=2,
    after="undo-again",
    needs=test_undo_brings_workers_back,
    observes=("undo-and-undo-again/2", "undo-and-undo-again/4"),
    hints=(
        "Run the step twice by hand, and look at kubectl rollout history after each.",
        "It is the same command as before, alone in its step: it goes to the revision before, and that one "
        "is always another. Whoever names an image or a number always gets to the same place.",
        "Undo with neither a number nor an image, and do not wait for its end: it may well be stuck again.",
    ),
    cites=(
        'kubectl rollout undo doesn\'t "pop" the last element from the stack',
        'Multiple "undos" just swap back and forth between the last two versions!',
    ),
)
def test_second_undo_swaps(app: Solution) -> None:
    """Step `undo-again` brings back what was stuck; run again and again, it swaps the last two revisions."""
    worker, obj, stuck = (
        app.deployment("worker"),
        app.object("Deployment", "worker"),
        app.recall("stuck", int),
    )
    eventually(worker).has_template_of(revision=stuck)
    eventually(obj).is_annotated({REVISION: str(stuck + 2)})
    eventually(app.step("undo-again")).succeeds()
    eventually(worker).has_template_of(revision=stuck - 1)
    eventually(obj).is_annotated({REVISION: str(stuck + 3)})
    eventually(app.step("undo-again")).succeeds()
    eventually(worker).has_template_of(revision=stuck)


@graded(
    points=1,
    after="strategies",
    observes=("undo-and-undo-again/3",),
    hints=(
        "Which image does kubectl describe deployment worker show after the second undo?",
        "The revision that was just left is the one before, too: think of where the next undo goes then.",
        "Write the three versions down in the order of their revisions, copy the last but one to the end, "
        "and do so once more.",
    ),
    cites=(
        "it copies the N-1th element to the top",
        "If we see successive versions as a stack:",
    ),
)
def test_second_undo_is_explained(app: Solution) -> None:
    """The answers say which version a second undo brings, and where an undo goes."""
    for question, (word, others) in SECOND_UNDO.items():
        eventually(app.answer(question)).is_text(word, decoys=others)


@graded(
    points=3,
    after="known-good",
    observes=("undo-to-revision/1", "undo-to-revision/2", "undo-to-revision/3"),
    hints=(
        "Which revision is it? Look at each with kubectl rollout history and its option --revision.",
        "A revision gets another number each time that it comes back, so look its number up in the same "
        "step. A revision is more than its image: the grader changes a variable of the environment, too.",
        "Each ReplicaSet has its number in its annotations and its image in its template: take the number of "
        "the one with v0.1, and hand it to undo with --to-revision.",
    ),
    cites=(
        "kubectl rollout undo can work with a revision number",
        "This information is stored in the ReplicaSet annotations",
        "What if we had changed other parameters in the Pod spec?",
    ),
)
def test_good_revision_is_found(app: Solution) -> None:
    """Step `known-good` brings back the revision of v0.1 with all that it says, whichever number it has."""
    worker = app.deployment("worker")
    eventually(worker).has_template_of(revision=GOOD)
    eventually(worker).runs_image("dockercoins/worker:v0.1")
    eventually(worker).rolled_out()
    trial = changed_container(worker, env=[{"name": "WORKER_DELAY", "value": "3"}])
    # a change that the task does not name: only the revision itself takes it back
    trial["template"]["spec"]["terminationGracePeriodSeconds"] = 2
    with worker.scaled(to=1), faults.changed(worker, spec=trial):
        eventually(worker).rolled_out()
        eventually(app.step("known-good")).succeeds()
        eventually(worker).has_template_of(revision=GOOD)


@graded(
    points=3,
    during="careful-patch",
    observes=("careful-patch/1", "careful-patch/2", "careful-patch/3", "careful-patch/4"),
    hints=(
        "Look at all four values afterwards: kubectl get deployment worker -o yaml. Did a warning say that "
        "something is unknown?",
        "Two of the values belong to the rolling update of the strategy, one to the spec of the Deployment "
        "itself, and one to the container in the template. They are all changed together.",
        "kubectl patch takes a piece of the manifest, as YAML, that has the whole way to each value: spec, "
        "then template, strategy and minReadySeconds side by side.",
    ),
    cites=(
        "spec: template: spec: containers: - name: worker image: dockercoins/worker:v0.1 strategy: "
        "rollingUpdate: maxUnavailable: 0 maxSurge: 1 minReadySeconds: 10",
    ),
)
def test_careful_patch_is_one(app: Solution) -> None:
    """Step `careful-patch` changes four values in one go, and the update to v0.1 misses no worker."""
    worker, obj = app.deployment("worker"), app.object("Deployment", "worker")
    former = changed_container(worker, env=[{"name": "WORKER_DELAY", "value": "1"}])
    with worker.scaled(to=3), faults.changed(worker, spec=former):
        eventually(worker).rolled_out()
        metadata, following = worker.read()["metadata"], str(revision_of(worker) + 1)
        pods = worker.read()["spec"]["template"]["spec"]
        new = changed_container(worker, "dockercoins/worker:v0.1")["template"]["spec"]
        wanted = {
            "replicas": 3,
            "minReadySeconds": 10,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"spec": {**pods, **new}},
        }
        with throughout(worker.keeps_available, 3):
            app.step("careful-patch").runs()
            eventually(obj).matches({"spec": wanted})
            eventually(worker).rolled_out()
        one_change = {"uid": metadata["uid"], "generation": metadata["generation"] + 1}
        eventually(obj).matches({"metadata": one_change})
        eventually(obj).is_annotated({REVISION: following})


def report(app: Solution) -> list[dict[str, Any]]:
    """Return what there is to print of each Deployment; one that is recreated has a name only."""
    specs = {name: app.deployment(name).read()["spec"] for name in DEPLOYMENTS}
    return [{"name": name, **specs[name]["strategy"].get("rollingUpdate", {})} for name in DEPLOYMENTS]


def revision_of(deployment: Deployment) -> int:
    """Return the number of a Deployment's present revision."""
    return int(deployment.read()["metadata"]["annotations"][REVISION])


def changed_container(
    deployment: Deployment, image: str = "dockercoins/worker:v0.2", **fields: object
) -> dict[str, Any]:
    """Return what gives the container of a Deployment another image, and other values in some fields."""
    container = deployment.read()["spec"]["template"]["spec"]["containers"][0]
    return {"template": {"spec": {"containers": [{**container, "image": image, **fields}]}}}
