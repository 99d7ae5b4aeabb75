"""Network policies: a server that only some may ask, and an application that keeps to its namespace."""

from collections.abc import Mapping
from typing import Any

from checks import ABSENT, Solution, consistently, eventually, faults, graded

OPEN_OR_CLOSED = """
    from                       testweb:80   webui:80   rng:80   hasher:80   redis:6379   dns
    testweb                    n/a          allow      allow    allow       allow        allow
    run=testcurl               {testweb}    allow      allow    allow       allow        allow
    run=testkurl               {testweb}    allow      allow    allow       allow        allow
    {elsewhere}/run=testcurl   {testweb}    allow      allow    allow       allow        allow
    stranger                   {testweb}    allow      allow    allow       allow        allow
"""
ONLY_TESTCURL = """
    from                       testweb:80   webui:80
    testweb                    n/a          allow
    run=testcurl               allow        allow
    run=testkurl               deny         allow
    {elsewhere}/run=testcurl   deny         allow
    stranger                   deny         allow
"""
WHOEVER_HAS_THE_LABEL = """
    from              testweb:80
    caller-testcurl   allow
    caller-testkurl   allow
"""
NOT_EVEN_TESTCURL = """
    from           testweb:80   webui:80
    run=testcurl   deny         allow
    run=testkurl   deny         allow
"""
FROM_OTHER_NAMESPACES = """
    from                       rng:80   hasher:80   redis:6379   {rng}:80   {hasher}:80
    stranger                   deny     deny        deny         deny       deny
    {elsewhere}/run=testcurl   deny     deny        deny         deny       deny
"""
TO_WHO_COMES_LATER = """
    from                       latecomer:80
    stranger                   deny
    {elsewhere}/run=testcurl   deny
"""
TO_THE_PAGE = """
    from                       webui:80
    worker                     allow
    stranger                   allow
    {elsewhere}/run=testcurl   allow
"""
WITHIN_THE_APP = """
    from           rng:80   hasher:80   redis:6379   {rng}:80   {hasher}:80   dns
    worker         allow    allow       allow        allow      allow         allow
    webui          allow    allow       allow        allow      allow         allow
    run=testcurl   allow    allow       allow        allow      allow         allow
    run=testkurl   allow    allow       allow        allow      allow         allow
"""
BESIDE_THE_DMZ = """
    from       dmz:8080   dmz:9000   internal:9000   other:8080   dns
    internal   deny       deny       n/a             allow        allow
    dmz        n/a        n/a        allow           deny         deny
    other      allow      deny       allow           n/a          allow
"""
INTO_INTERNAL = """
    from                  internal:8000   internal:8040   internal:8080   internal:9000   other:9000
    dmz                   allow           deny            allow           deny            n/a
    other                 deny            deny            deny            deny            n/a
    internal              n/a             n/a             n/a             n/a             allow
    {here}/run=testkurl   deny            deny            deny            deny            n/a
    stranger              deny            deny            deny            deny            allow
"""
FROM_THE_SUBNET = """
    from       internal:8000   internal:8040   internal:8080   internal:9000
    dmz        allow           deny            allow           deny
    other      deny            deny            deny            deny
    stranger   allow           deny            allow           deny
"""
AS_BEFORE = """
    from       dmz:8080   dmz:9000   other:8080   dns
    dmz        n/a        n/a        deny         deny
    other      allow      deny       n/a          allow
    stranger   deny       deny       allow        allow
"""
# Each question with its answer, and with what is said to whoever gives the other one.
WHO_GETS_THROUGH = {
    "internal-to-dmz": ("blocked", {"allowed": "`dmz-in` selects dmz, and no rule of it names internal"}),
    "other-to-dmz-8080": ("allowed", {"blocked": "a rule of `dmz-in` names pods like other, and this port"}),
    "other-to-dmz-9000": (
        "blocked",
        {"allowed": "the rule that names other names one port, and not this one"},
    ),
    "dmz-to-internal": (
        "allowed",
        {"blocked": "a rule of `dmz-out` names internal, which itself lets everybody in"},
    ),
    "dmz-to-other": (
        "blocked",
        {"allowed": "other lets everybody in, but dmz has to be let out, too, and no rule does that"},
    ),
    "dmz-to-dns": ("blocked", {"allowed": "a DNS server is a pod like any other, and no rule names it"}),
    "reply-of-dmz": (
        "allowed",
        {"blocked": "policies are about connections: who may open one gets its replies, too"},
    ),
    "other-order": ("no", {"yes": "policies have no order: all that select a pod count together"}),
    "third-policy": (
        "allowed",
        {"blocked": "policies add up: what one of them allows is allowed, and none can deny it"},
    ),
}
SUBNET = {"cidr": "4.42.6.0/24", "except": ["4.42.6.5/32"]}


@graded(
    points=2,
    during="deny-all",
    observes=(
        "deny-all-for-testweb/1",
        "deny-all-for-testweb/2",
        "deny-all-for-testweb/3",
        "deny-all-for-testweb/4",
        "deny-all-for-testweb/5",
    ),
    hints=(
        "Which pods does your policy select? Compare its selector with kubectl get pods --show-labels.",
        "A pod that a policy selects is closed but for what a rule allows: so the policy needs no rule at "
        "all. An empty selector means all pods.",
        "Select by the label that the pod of testweb has, not its Deployment, and leave the list of rules "
        "for traffic that comes in empty. What goes out is none of this policy's business.",
    ),
    cites=(
        "create a network policy to block all access to the web server",
        "The policy will select pods with the label app=testweb",
        "It will specify an empty list of ingress rules (matching nothing)",
    ),
)
def test_testweb_is_closed(app: Solution) -> None:
    """Policy `deny-all-for-testweb` closes `testweb`, which everybody reached before, and nothing else."""
    eventually(app.deployment("testweb")).rolled_out()
    elsewhere = app.elsewhere.namespace
    eventually(app.network).allows_only(OPEN_OR_CLOSED.format(testweb="allow", elsewhere=elsewhere))
    app.step("deny-all").runs()
    policy = app.object("NetworkPolicy", "deny-all-for-testweb")
    eventually(policy).exists()
    eventually(app.network).allows_only(OPEN_OR_CLOSED.format(testweb="deny", elsewhere=elsewhere))
    consistently(policy, during=1).matches({"spec": {"ingress": ABSENT}})


@graded(
    points=1,
    after="deny-all",
    observes=("policy-logic/1", "policy-logic/2", "policy-logic/3"),
    hints=(
        "Try it: from each of the three pods, connect to the others with bash, under a short timeout.",
        "For each connection ask twice: is the source let out, and is the target let in? Who is selected by "
        "no policy for that direction is open.",
        "Look which pods each of the two policies selects, and for which direction; then whether a rule of "
        "it names the other end, and the port. Rules only ever allow, and all of them count.",
    ),
    cites=(
        "Connections from pod A to pod B have to be allowed by both pods:",
        "Network policies deal with connections, not individual packets",
        "Further network policies can open additional access",
    ),
)
def test_policies_are_understood(app: Solution) -> None:
    """The answers say who gets through where `dmz-in` and `dmz-out` hold, and so do the pods themselves."""
    for question, (word, others) in WHO_GETS_THROUGH.items():
        eventually(app.answer(question)).is_text(word, decoys=others)
    eventually(app.elsewhere.network).allows_only(BESIDE_THE_DMZ)


@graded(
    points=2,
    after="allow-testcurl",
    needs=test_testweb_is_closed,
    observes=(
        "allow-testcurl-for-testweb/1",
        "allow-testcurl-for-testweb/2",
        "allow-testcurl-for-testweb/3",
        "allow-testcurl-for-testweb/4",
        "allow-testcurl-for-testweb/5",
    ),
    hints=(
        "Ask testweb from several pods: with the label, without it, and with it from the other namespace.",
        "The policy selects those who are asked; a rule of it names those who ask. A selector of pods in a "
        "rule means the policy's own namespace, as long as no selector of namespaces stands beside it.",
        "Add a second policy with the selector of the first, and give it one rule whose only source is "
        "the pods with label run=testcurl. Leave the first policy where it is.",
    ),
    cites=(
        "create another network policy to allow access only from specific pods",
        "We want to allow traffic from pods with the label run=testcurl",
    ),
)
def test_only_testcurl_is_let_in(app: Solution) -> None:
    """Policy `allow-testcurl-for-testweb` lets in pods `run=testcurl` from here; without it nobody."""
    allowing = app.object("NetworkPolicy", "allow-testcurl-for-testweb")
    eventually(allowing).exists()
    eventually(app.network).allows_only(ONLY_TESTCURL.format(elsewhere=app.elsewhere.namespace))
    with faults.changed(app.pod("caller-testkurl"), metadata={"labels": {"run": "testcurl"}}):
        eventually(app.network).allows_only(WHOEVER_HAS_THE_LABEL)
    with faults.changed(allowing, spec={"podSelector": {"matchLabels": {"no-pod": "has-this"}}}):
        eventually(app.network).allows_only(NOT_EVEN_TESTCURL)


@graded(
    points=2,
    after="isolate",
    observes=("isolate-dockercoins/3", "isolate-dockercoins/4"),
    hints=(
        "Ask rng from a pod of the other namespace, by the pod's address and by the Service's.",
        "Say it once for all pods of the namespace, those to come included: an empty selector means all "
        "pods, and a namespace's policies select its own pods only.",
        "In the namespace of DockerCoins, let the policy select every pod, and let its one rule name every "
        "pod as the source, by a selector that knows nothing of namespaces.",
    ),
    cites=(
        "The first policy will prevent traffic from other namespaces",
        "This policy selects all pods in the current namespace.",
        "Check that we can't connect anymore to rng or hasher through their ClusterIP",
    ),
)
def test_others_are_kept_out(app: Solution) -> None:
    """Policy `deny-from-other-namespaces` keeps other namespaces away from all pods, later ones included."""
    eventually(app.object("NetworkPolicy", "deny-from-other-namespaces")).exists()
    services, latecomer = addresses(app), app.deployment("latecomer")
    elsewhere = app.elsewhere.namespace
    eventually(app.network).allows_only(FROM_OTHER_NAMESPACES.format(elsewhere=elsewhere, **services))
    with latecomer.scaled(to=1):
        eventually(latecomer).rolled_out()
        eventually(app.network).allows_only(TO_WHO_COMES_LATER.format(elsewhere=elsewhere))


@graded(
    points=1,
    after="isolate",
    needs=test_others_are_kept_out,
    observes=("isolate-dockercoins/2",),
    hints=(
        "What does kubectl describe networkpolicy say of allow-webui: which pods, from whom, to which port?",
        "People with a browser are no pods: no selector names them, whatever namespaces it means.",
        "Select the pods of webui by their label, and give the policy a rule without any source: what is "
        "not said is not restricted. If you name a port, name the one where the page is.",
    ),
    cites=(
        "The second policy will allow traffic to the webui pods",
        "It allows traffic from any source.",
        '(An empty from field means "all sources.")',
    ),
)
def test_page_is_open_to_all(app: Solution) -> None:
    """Policy `allow-webui` opens `webui` to all sources: other namespaces, and node ports from outside."""
    anybody = {"spec": {"ingress": [{"from": ABSENT}]}}
    eventually(app.object("NetworkPolicy", "allow-webui")).matches(anybody)
    eventually(app.network).allows_only(TO_THE_PAGE.format(elsewhere=app.elsewhere.namespace))
    eventually(app.service("webui")).answers("/index.html", body="DockerCoin", node_port=True)


@graded(
    points=2,
    after="isolate",
    needs=test_page_is_open_to_all,
    observes=("isolate-dockercoins/1", "isolate-dockercoins/3"),
    hints=(
        "What does kubectl logs deployment/worker say since the policies are there?",
        "The parts of DockerCoins ask each other, on more than one port, and look each other's names up. "
        "What your policies do not allow them is closed to them as well.",
        "Let all pods of the namespace in, on all ports, and do not restrict what goes out: DNS lives in "
        "another namespace, and every name comes from there.",
    ),
    cites=(
        "all the pods in the namespace can communicate together",
        "(and that the app is still working correctly!)",
    ),
)
def test_coins_are_still_mined(app: Solution) -> None:
    """All pods here reach DockerCoins, and `worker` counts hashes anew when `redis` is replaced."""
    within, redis = WITHIN_THE_APP.format(**addresses(app)), app.deployment("redis")
    eventually(app.network).allows_only(within)
    pod = redis.pods[0]
    with faults.killed(pod):
        eventually(redis).replaces(pod)
    eventually(app.service("redis", port=6379)).routes_to_exactly(redis)
    eventually(app.network).allows_only(within)
    # of an empty redis the page says null, until the worker has found the new one by name
    eventually(app.service("webui")).answers("/json", body='"hashes":"')


@graded(
    points=2,
    after="port-and-cidr",
    observes=("port-and-cidr/1", "port-and-cidr/2", "port-and-cidr/4"),
    hints=(
        "Ask internal from dmz and from other, on all four ports, and do it before and after.",
        "A rule says from whom and to which ports, both in one: two rules allow what either of them allows. "
        "And a policy counts in the namespace that it is in.",
        "Put the policy into the namespace of the pods that it selects, zone=internal. Its rule has a "
        "selector of pods, zone=dmz, among the sources, and beside the sources the list of the two ports.",
    ),
    cites=(
        'e.g.: "all pods in namespace blue with the label zone=internal"',
        'e.g.: "TCP connections to ports 8000 and 8080 coming from pods with label zone=dmz,',
    ),
)
def test_internal_is_open_to_the_dmz(app: Solution) -> None:
    """Policy `dmz-to-internal` opens ports 8000 and 8080 of `internal` to `dmz`, and closes all else."""
    eventually(app.pod("caller-testkurl")).is_ready()  # has the label, in the other namespace
    eventually(app.elsewhere.object("NetworkPolicy", "dmz-to-internal")).exists()
    eventually(app.elsewhere.network).allows_only(INTO_INTERNAL.format(here=app.namespace))


@graded(
    points=1,
    after="port-and-cidr",
    needs=test_internal_is_open_to_the_dmz,
    observes=("port-and-cidr/3",),
    hints=(
        "What does kubectl describe networkpolicy say below From, and which ports go with it?",
        "Addresses outside of the cluster are named as a block, and a part of the block can be taken out "
        "of it again. One address is a block, too, of 32 fixed bits.",
        "Add an ipBlock with cidr and except to the sources of the rule that you have: as an item of the "
        "list of its own, beside the one for the pods, so that the same two ports count for both.",
    ),
    cites=('and from the external subnet 4.42.6.0/24, except 4.42.6.5"',),
)
def test_subnet_is_let_in(app: Solution) -> None:
    """The policy opens the same two ports to the subnet 4.42.6.0/24, but for the address 4.42.6.5."""
    policy = app.elsewhere.object("NetworkPolicy", "dmz-to-internal")
    eventually(policy).matches({"spec": {"ingress": [{"from": [{"ipBlock": SUBNET}]}]}})
    # Nobody here has such an address: so the cluster's own stand in for them, and a pod for the exception.
    excepted = str(app.elsewhere.pod("other").read()["status"]["podIP"])
    first, second, *_ = excepted.split(".")
    block = {"cidr": f"{first}.{second}.0.0/16", "except": [f"{excepted}/32"]}
    with faults.changed(policy, spec={"ingress": in_place(policy.read()["spec"]["ingress"], block)}):
        eventually(app.elsewhere.network).allows_only(FROM_THE_SUBNET)


@graded(
    points=2,
    after="cleanup",
    needs=(test_testweb_is_closed, test_others_are_kept_out),
    observes=("cleanup-policies/1", "cleanup-policies/2"),
    hints=(
        "What does kubectl get networkpolicies list afterwards, in your namespace and in the other one?",
        "It takes one command for all of a kind in one namespace; which one it is about you can say, or "
        "leave to the default.",
        "kubectl delete takes the kind and --all. Without a namespace it is about your own, and that is "
        "the only one to clean up.",
    ),
    cites=(
        "We should remove them, otherwise further exercises will fail!",
        "kubectl delete networkpolicies --all",
    ),
)
def test_policies_are_cleaned_up(app: Solution) -> None:
    """No policy is left and all is open again; the other namespace keeps `dmz-in` and `dmz-out`."""
    elsewhere = app.elsewhere
    eventually(
        app.object("NetworkPolicy", "deny-all-for-testweb"),
        app.object("NetworkPolicy", "allow-testcurl-for-testweb"),
        app.object("NetworkPolicy", "deny-from-other-namespaces"),
        app.object("NetworkPolicy", "allow-webui"),
    ).is_gone()
    eventually(app.network).allows_only(OPEN_OR_CLOSED.format(testweb="allow", elsewhere=elsewhere.namespace))
    eventually(
        elsewhere.object("NetworkPolicy", "dmz-in"), elsewhere.object("NetworkPolicy", "dmz-out")
    ).exists()
    eventually(elsewhere.network).allows_only(AS_BEFORE)


def addresses(app: Solution) -> dict[str, str]:
    """Return the ClusterIPs of two Services of DockerCoins, by name."""
    return {name: str(app.service(name).read()["spec"]["clusterIP"]) for name in ("rng", "hasher")}


def in_place(rules: list[dict[str, Any]], block: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rules of a policy with another block in place of the course's subnet."""
    found = []
    for rule in rules:
        peers = []
        for peer in rule.get("from", []):
            peers.append({"ipBlock": block} if peer.get("ipBlock") == SUBNET else peer)
        found.append({**rule, "from": peers})
    return found
