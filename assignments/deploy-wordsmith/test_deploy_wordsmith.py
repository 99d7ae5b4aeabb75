"""Assignment 3: three parts that find each other by name, and more pods of the one that keeps the words."""

from typing import Any

from checks import Pod, Service, Solution, eventually, faults, graded

COMPONENTS = ("db", "words", "web")
ALONE = {"asked": "alone"}
"""A label, and a selector, by which a Service sends to one pod only."""


@graded(
    points=1,
    after="deployments",
    hints=(
        "Look at what there is, and what it waits for: kubectl get deployments -o wide, kubectl get pods.",
        "A part has a Deployment of its own, whose name is the end of the name of its image.",
        "kubectl create deployment takes the name and --image. Leave the command to the image, and the "
        "replicas at one.",
    ),
    observes=("deployments/1", "deployments/4"),
    cites=(
        "First, we need to create deployments for all three components:",
        "we need to use these exact names, because these names will be used for the service that we will "
        "create and their DNS entries as well.",
    ),
)
def test_components_run(app: Solution) -> None:
    """Deployments `db`, `words` and `web` run one pod each, of the images that end in these names."""
    for name in COMPONENTS:
        eventually(app.deployment(name)).runs_image(f"bretfisher/wordsmith-{name}")
    eventually(*(app.object("Deployment", name) for name in COMPONENTS)).matches({"spec": {"replicas": 1}})
    db, words, web = app.deployment("db"), app.deployment("words"), app.deployment("web")
    eventually(db, words, web).rolled_out()
    eventually(db.pods[0], words.pods[0], web.pods[0]).never_restarted()


@graded(
    points=2,
    after="services",
    needs=test_components_run,
    hints=(
        "Compare kubectl get services with kubectl get endpointslices: whose addresses stand behind each?",
        "The name of a Service is what the code of another part connects to, and its port is the one that "
        "the code names. Who is not meant to be called from outside needs the simplest type.",
        "Let kubectl expose make a Service of each Deployment: it takes over the name and the labels, which "
        "no other Deployment may have, and the port stands in the list of the network flows.",
    ),
    observes=("deployments/3", "services/1", "services/3"),
    cites=(
        "Then, we need to create the services for these deployments:",
        "the database listens on port 5432",
        "the API backend listens on port 8080",
    ),
)
def test_services_lead_to_their_pods(app: Solution) -> None:
    """Services `db`, port 5432, and `words`, port 8080, lead to their own pods, in the cluster only."""
    eventually(app.service("db", port=5432)).routes_to_exactly(app.deployment("db"))
    eventually(app.service("words", port=8080)).routes_to_exactly(app.deployment("words"))
    eventually(app.deployment("db"), app.deployment("words")).is_internal()
    for_all_nodes = {"spec": {"internalTrafficPolicy": "Cluster"}}
    eventually(app.object("Service", "db"), app.object("Service", "words")).matches(for_all_nodes)


@graded(
    points=2,
    after="services",
    needs=test_services_lead_to_their_pods,
    hints=(
        "Ask http://words:8080/noun from a pod, and read what kubectl logs says of words when it fails.",
        "A pod that is replaced has another address, and the labels of the pod template: what was tied to "
        "the pod before leads nowhere.",
        "Let the Service of db send to the port where the database listens, likewise that of words, and "
        "select by labels that the Deployments give to all their pods.",
    ),
    observes=("deployments/2", "services/2", "services/4"),
    cites=(
        "the API connects to the database with the connection string pgsql://db:5432",
        "the API backend listens on port 8080",
    ),
)
def test_words_come_from_the_database(app: Solution) -> None:
    """`words` answers with a word from `db`, and does so again when both their pods have been replaced."""
    service = app.service("words", port=8080)
    eventually(service).answers("/noun", body='"word":')
    db, words = app.deployment("db"), app.deployment("words")
    first, second = db.pods[0], words.pods[0]
    with faults.killed(first), faults.killed(second):
        eventually(db).replaces(first)
        eventually(words).replaces(second)
    eventually(app.service("db", port=5432)).routes_to_exactly(db)
    eventually(service).answers("/noun", body='"word":')


@graded(
    points=2,
    after="web-frontend",
    needs=test_services_lead_to_their_pods,
    hints=(
        "What does kubectl get service web show as type and ports?",
        "A ClusterIP is an address for pods; a browser needs one that it can reach, such as that of a node.",
        "Let kubectl expose make a Service of the type that opens a port on the nodes, for the port where "
        "the frontend listens, and leave its traffic policy alone.",
    ),
    observes=("deployments/2", "web-frontend/1", "web-frontend/2", "web-frontend/4"),
    cites=(
        "We want to be able to connect to the web frontend with our browser",
        "the web frontend listens on port 80",
    ),
)
def test_nodes_show_the_page(app: Solution) -> None:
    """Every node shows the page of `web`, at the node port that stands for port 80 of the Service."""
    service = app.service("web")
    eventually(service).routes_to_exactly(app.deployment("web"))
    eventually(service).answers("/", body="<html", node_port=True)
    eventually(app.object("Service", "web")).matches({"spec": {"externalTrafficPolicy": "Cluster"}})


@graded(
    points=1,
    after="web-frontend",
    needs=(test_words_come_from_the_database, test_nodes_show_the_page),
    hints=(
        "Ask the frontend for /words/noun, /words/verb and /words/adjective, and see what it answers.",
        "The page comes from the frontend alone; each brick asks the API, and the API asks the database.",
        "Is what worked a step ago still there: both Deployments with their pod, and both Services with an "
        "endpoint?",
    ),
    observes=("web-frontend/3",),
    cites=(
        "the web frontend connects to the API at the address http://words:8080",
        "If you see empty LEGO bricks, something's wrong ...",
    ),
)
def test_bricks_have_words(app: Solution) -> None:
    """At the same node port, /words/noun, /words/verb and /words/adjective give a word each."""
    for kind in ("noun", "verb", "adjective"):
        eventually(app.service("web")).answers(f"/words/{kind}", body='"word":', node_port=True)


@graded(
    points=2,
    after="web-frontend",
    needs=test_bricks_have_words,
    hints=(
        "How many pods answer as words before you scale, and do they run what the image brings?",
        "Until the last exercise there is one pod behind the API, and the database is asked through its "
        "Service: the grader leads that to a database of its own for a while.",
        "Leave words at one replica until its step, give no other pod the labels that its Service selects "
        "by, and put nothing else between the Service and the program.",
    ),
    observes=("web-frontend/3", "same-sentence/1", "same-sentence/3"),
    cites=(
        "If we reload that page, we get the same sentence",
        'If you hit "reload", you always see the same sentence.',
    ),
)
def test_one_pod_keeps_its_word(app: Solution) -> None:
    """The one pod of `words` says the same noun every time; the pod after it has drawn another one."""
    words, service = app.deployment("words"), app.service("words", port=8080)
    eventually(app.object("Deployment", "words")).matches({"spec": {"replicas": 1}})
    eventually(service).routes_to_exactly(words)
    db, pod = app.service("db", port=5432), words.pods[0]
    with faults.changed(db, spec=leading_to_addresses(db)):
        nouns_are_addresses(app)
        with faults.killed(pod):
            eventually(words).replaces(pod)
        noun = own_address(words.pods[0])
        eventually(service).answers("/noun", body=noun)
    eventually(service).answers("/noun", body=noun)
    eventually(app.service("web")).answers("/words/noun", body=noun, node_port=True)


@graded(
    points=1,
    after="web-frontend",
    needs=test_one_pod_keeps_its_word,
    hints=(
        "Ask http://words:8080/noun with curl, from several pods: whose memory can the word be in?",
        "curl keeps nothing, and one pod leaves a Service no choice. Delete a pod of each part in turn, and "
        "see after which one the word is new.",
        "The part that draws a word once and gives it to everybody is the one that the course scales next.",
    ),
    observes=("same-sentence/2",),
    cites=(
        "And that sentence repeats the same adjective and noun anyway",
        "Yes, if we scale up the API backend!",
    ),
)
def test_same_sentence_is_explained(app: Solution) -> None:
    """The answers say which part keeps the word, and what it takes to see another one."""
    eventually(app.answer("word-is-kept-by")).is_one_of(
        {"words"},
        decoys={
            "browser": "a client that keeps nothing gets the same word, too",
            "web": "without the frontend it is the same word, too",
            "db": "the database draws another word each time that it is asked",
            "Service": "a Service keeps no word, and with one pod behind it has no choice",
        },
    )
    eventually(app.answer("another-word-takes")).is_one_of(
        {"another pod of words"},
        decoys={
            "another reload": "that meets the same pod, which has its word already",
            "another browser": "that meets the same pod, which has its word already",
            "another pod of db": "it would not be asked: the word is drawn already",
        },
    )


@graded(
    points=1,
    after="scale-the-api",
    needs=test_one_pod_keeps_its_word,
    hints=(
        "Compare the columns of kubectl get deployments: which part has how many pods, and are they ready?",
        "Words are kept in the API. More frontends show the words of the same backend, and a second "
        "database has tables of its own.",
        "Give words 5 replicas with kubectl scale and change nothing else: neither the other two parts nor "
        "the selector of the Service.",
    ),
    observes=("scale-the-api/1",),
    cites=("Finally, scale up the API for more words on refresh:",),
)
def test_api_is_scaled(app: Solution) -> None:
    """`words` runs 5 pods, all of them behind its Service; `db` and `web` still run one each."""
    db, words, web = app.deployment("db"), app.deployment("words"), app.deployment("web")
    eventually(app.object("Deployment", "words")).matches({"spec": {"replicas": 5}})
    eventually(app.object("Deployment", "db"), app.object("Deployment", "web")).matches(
        {"spec": {"replicas": 1}}
    )
    eventually(db, words, web).rolled_out()
    eventually(app.service("words", port=8080)).routes_to_exactly(words)
    eventually(db, words).is_internal()
    eventually(app.service("web")).answers("/", body="<html", node_port=True)


@graded(
    points=2,
    after="scale-the-api",
    needs=test_api_is_scaled,
    hints=(
        "Ask http://words:8080/noun ten times from one pod: which words come, and from whom?",
        "Each pod draws its own words and keeps them, so new connections have to meet several pods, and "
        "these run what the image brings.",
        "See what kubectl describe service words says of Session Affinity and TargetPort: they are None "
        "and the port where the API listens.",
    ),
    observes=("scale-the-api/2", "scale-the-api/4"),
    cites=('If you hit "reload", you should now see different sentences each time.',),
)
def test_requests_meet_other_words(app: Solution) -> None:
    """Each pod of `words` keeps a noun of its own, and requests to the Service meet more than one pod."""
    service, (first, second, *_) = app.service("words", port=8080), app.deployment("words").pods
    db = app.service("db", port=5432)
    with faults.changed(db, spec=leading_to_addresses(db)):
        nouns_are_addresses(app)
        for pod in (first, second):
            with (
                faults.changed(pod, metadata={"labels": ALONE}),
                faults.changed(service, spec={"selector": ALONE}),
                faults.restarted(pod, container=words_container(pod)),
            ):
                eventually(pod).restarts()
                eventually(service).answers("/noun", body=own_address(pod))
    for pod in (first, second):
        with (
            faults.changed(pod, metadata={"labels": ALONE}),
            faults.changed(service, spec={"selector": ALONE}),
        ):
            eventually(service).answers("/noun", body=own_address(pod))
    # Not in the loop: a Service with session affinity goes on sending us to the pod that was alone last.
    eventually(service).includes(first)
    eventually(service).includes(second)


def leading_to_addresses(service: Service) -> dict[str, Any]:
    """Return what leads Service `db` to a database in which each client finds one noun: its own address.

    The port goes by its number: a name that the learner's pods give to theirs is none of that database.
    """
    former = service.read()["spec"].get("selector") or {}
    return {"selector": {**dict.fromkeys(former), "nouns": "addresses"}, "ports": [{"port": 5432}]}


def nouns_are_addresses(app: Solution) -> None:
    """Wait until whoever asks for `db` gets to that database, by its address or by its name."""
    service = app.service("db", port=5432)
    eventually(service).routes_to_exactly(app.deployment("addresses"))
    eventually(service).resolves_to_endpoints()
    eventually(service).reaches_each(app.deployment("addresses"), path=None)


def words_container(pod: Pod) -> str | None:
    """Return the name of the container that keeps the words, None where none has its image."""
    for each in pod.read()["spec"]["containers"]:
        if each["image"].rpartition("/")[2].partition(":")[0] == "wordsmith-words":
            return str(each["name"])
    return None


def own_address(pod: Pod) -> str:
    """Return the address of a pod, as a text that no longer one has as its part."""
    return f'"{pod.read()["status"]["podIP"]}"'
