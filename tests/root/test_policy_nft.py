"""The policy agent's rules in a real kernel: namespaces as pods and nodes, connections instead of verdicts.

The cases of policy_cases.yaml are dialled. A connection counts as denied when nothing came back *and* the
rules counted its packet as dropped; every connection of every case was seen to work without policies first,
and whatever ends otherwise (a reset, no route) is an error.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.images.policy.agent import nft
from fixtures.images.policy.agent.compiler import compile_ruleset
from fixtures.images.policy.agent.enforcer import TABLES, Enforcer
from fixtures.images.policy.agent.model import Policy, Port, Rule, State
from fixtures.images.policy.agent.node import NodeNetwork
from tests.policy_cases import CASES, DATA, PLACES, Case, Dial, dial, policy, state_with
from tests.root.netns import Netns, wire
from tests.root.talk import Call, Server, hear
from tests.unit.test_policy_compiler import SPECS, clusters, with_policies

pytestmark = pytest.mark.root

SERVICE = "10.96.0.1"
DIALS = sorted({d for case in CASES for d in (*case.allowed, *case.denied)}, key=str)
PORTS = sorted({(d.protocol, 0 if d.protocol == "SCTP" else d.port) for d in DIALS})
CHANGES = 25
NAMES = {"service": "web"}  # who answers where the target is no place


class Lab:
    """Pods behind their nodes, nodes and an outside host in one network; an agent's enforcer on each node."""

    def __init__(self, folder: Path) -> None:
        self.places = {name: Netns() for name in PLACES}
        self.lan = Netns()
        self.lan.ip("link add lan type bridge", "link set lan up")
        for name, node in DATA["nodes"].items():
            self._attach(name, node["address"])
        for name, host in DATA["outside"].items():
            self._attach(name, host["address"])
            self.places[name].ip(
                *(f"route add {n['pod_range']} via {n['address']}" for n in DATA["nodes"].values())
            )
        for name, pod in DATA["pods"].items():
            self._plug(name, pod["node"], pod["address"])
        for name in DATA["nodes"]:
            (folder / name).mkdir()
            with self.places[name].inside():
                NodeNetwork(name, folder / name).apply(state_with().nodes)
        self.server = Server()
        for name, place in self.places.items():
            with place.inside():
                for protocol, port in PORTS:
                    self.server.listen(name, protocol, port)
        self.server.start()
        self.start_agents()

    def _attach(self, name: str, address: str) -> None:
        wire(self.lan, f"to{name}", self.places[name], "eth0")
        self.lan.ip(f"link set to{name} master lan")
        self.places[name].ip(f"address add {address}/24 dev eth0")

    def _plug(self, name: str, node: str, address: str) -> None:
        """Connect a pod as the CNI plugin ptp does."""
        gateway = address.rpartition(".")[0] + ".1"
        wire(self.places[node], f"veth{name}", self.places[name], "eth0")
        self.places[node].ip(
            f"address add {gateway}/32 dev veth{name}", f"route add {address}/32 dev veth{name}"
        )
        self.places[name].ip(
            f"address add {address}/32 dev eth0",
            f"route add {gateway}/32 dev eth0",
            f"route add default via {gateway}",
        )

    def close(self) -> None:
        self.server.close()
        for place in (*self.places.values(), self.lan):
            place.close()

    def start_agents(self) -> None:
        """Start them anew: they know nothing of the rules that are loaded."""
        self.agents = {node: Enforcer(node) for node in DATA["nodes"]}

    def apply(self, state: State) -> Mapping[tuple[str, str], str]:
        """Bring a state into force on both nodes; return the policies at fault."""
        found = []
        for node, agent in self.agents.items():
            with self.places[node].inside():
                found.append(agent.apply(state))
        return {key: fault for enforced in found for key, fault in enforced.failing.items()}

    def call(self, d: Dial) -> Call:
        with self.places[d.source].inside():
            return Call({**PLACES, "service": SERVICE}[d.target], d.protocol, d.port)

    def answers(self, dials: Iterable[Dial], *, due: Iterable[Dial] = ()) -> dict[str, str | None]:
        """Dial all at once; return who answered each, None if nobody did."""
        calls = {d: self.call(d) for d in dials}
        try:
            hear(calls.values(), due=[calls[d] for d in due])
            return {str(d): call.answer for d, call in calls.items()}
        finally:
            for call in calls.values():
                call.socket.close()

    def dropped(self) -> int:
        """Return how many packets the rules of both nodes have dropped since they were loaded."""
        total = 0
        for node in self.agents:
            ruleset = json.loads(self.places[node].run("nft", "-j", "list", "ruleset"))
            rules = [item["rule"]["expr"] for item in ruleset["nftables"] if "rule" in item]
            total += sum(e["counter"]["packets"] for rule in rules for e in rule if "counter" in e)
        return total

    def check(self, allowed: Iterable[Dial | str], denied: Iterable[Dial | str]) -> None:
        """Dial both, and compare; who is denied has been dropped by a rule and not lost elsewhere."""
        yes, no = ([dial(d) if isinstance(d, str) else d for d in some] for some in (allowed, denied))
        before = self.dropped() if no else 0
        expected = {**{str(d): None for d in no}, **{str(d): NAMES.get(d.target, d.target) for d in yes}}
        assert self.answers([*yes, *no], due=yes) == expected
        assert not no or self.dropped() - before >= len(no)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab in which every connection that a case names has been seen to work without policies."""
    made = Lab(tmp_path_factory.mktemp("cni"))
    try:
        made.apply(state_with())
        made.check(DIALS, [])
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_a_case_of_the_api_reference(lab: Lab, case: Case) -> None:
    failing = lab.apply(case.state)
    lab.check(case.allowed, case.denied)
    assert len(failing) == (case.fault is not None)


DENY = policy("shop", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, name="deny")
FROM_CLI = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "cli"}}}
ONLY_CLI = policy("shop", {"ingress": [{"from": [FROM_CLI]}]})


class Line:
    """A TCP connection that stays open."""

    def __init__(self, lab: Lab, text: str) -> None:
        self.call = lab.call(dial(text))
        hear([self.call], due=[self.call])
        assert self.call.answer, "the control: it connects"

    def flows(self, *, due: bool) -> bool:
        """Send a word, and tell whether it comes back; `due` waits longer for it."""
        self.call.answer = None
        self.call.socket.send(b"again")
        return self.hears(due=due)

    def hears(self, *, due: bool) -> bool:
        """Tell whether what was sent comes back; TCP sends it again and again."""
        self.call.answer = None
        hear([self.call], due=[self.call] if due else [])
        return self.call.answer is not None


@pytest.fixture
def line(lab: Lab) -> Iterator[Line]:
    """An open connection from `cli` to `web`."""
    lab.apply(state_with())
    opened = Line(lab, "cli -> web TCP 8080")
    assert opened.flows(due=True)
    yield opened
    opened.call.socket.close()


@pytest.mark.parametrize(
    "denying",
    [
        pytest.param(policy("shop", {"podSelector": {}}), id="ingress of the server"),
        pytest.param(
            policy("other", {"podSelector": {}, "policyTypes": ["Egress"]}), id="egress of the client"
        ),
    ],
)
def test_a_new_deny_cuts_an_open_connection_and_its_end_lets_it_go_on(
    lab: Lab, line: Line, denying: Policy
) -> None:
    lab.apply(state_with(denying))
    assert not line.flows(due=False)
    lab.apply(state_with())
    assert line.hears(due=True)


def test_a_connection_that_stays_allowed_survives_every_change(lab: Lab, line: Line) -> None:
    for port in range(8080, 8085):
        lab.apply(
            state_with(ONLY_CLI, policy("shop", {"ingress": [{"ports": [{"port": port}]}]}, name="more"))
        )
        assert line.flows(due=True)


def test_replies_flow_where_nothing_may_be_opened(lab: Lab, line: Line) -> None:
    """`web` may open nothing and `cli` may take nothing, yet what `cli` opened goes both ways."""
    silent = policy("shop", {"podSelector": {}, "policyTypes": ["Egress"]})
    lab.apply(state_with(silent, policy("other", {"podSelector": {}}, name="deaf")))
    assert line.flows(due=True)
    lab.check(["cli -> web TCP 8080", "cli -> web UDP 5300", "cli -> web SCTP 7000"], ["web -> cli TCP 8080"])


def labelled(state: State, key: tuple[str, str], labels: Mapping[str, str]) -> State:
    return replace(state, pods={**state.pods, key: replace(state.pods[key], labels=labels)})


def test_a_pod_is_judged_by_the_labels_it_has_now(lab: Lab, line: Line) -> None:
    before = state_with(ONLY_CLI)
    lab.apply(before)
    lab.check(["cli -> web TCP 8080"], ["twin -> web TCP 8080"])
    after = labelled(labelled(before, ("other", "cli"), {"app": "none"}), ("other", "twin"), {"app": "cli"})
    lab.apply(after)
    lab.check(["twin -> web TCP 8080"], ["cli -> web TCP 8080"])
    assert not line.flows(due=False)
    lab.apply(
        labelled(
            state_with(policy("shop", {"podSelector": {"matchLabels": {"app": "db"}}})),
            ("shop", "web"),
            {"app": "db"},
        )
    )
    lab.check([], ["cli -> web TCP 8080"])


def test_a_namespace_is_judged_by_the_labels_it_has_now(lab: Lab) -> None:
    only_green = policy(
        "shop", {"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "green"}}}]}]}
    )
    state = state_with(only_green)
    lab.apply(state)
    lab.check(["cli -> web TCP 8080"], ["db -> web TCP 8080"])
    lab.apply(replace(state, namespaces={"shop": {"team": "green"}, "other": {}}))
    lab.check(["db -> web TCP 8080"], ["cli -> web TCP 8080"])


def test_no_packet_slips_through_or_gets_lost_while_rules_are_replaced(lab: Lab) -> None:
    """One pod stays denied and one allowed, both as busy as they can be."""
    by_address = policy("shop", {"ingress": [{"from": [{"ipBlock": {"cidr": f"{PLACES['cli']}/32"}}]}]})
    agent = lab.agents["n1"]

    def change() -> None:
        with lab.places["n1"].inside():
            for _ in range(CHANGES):
                agent.apply(state_with(by_address))
                agent.apply(state_with(ONLY_CLI))

    lab.apply(state_with(ONLY_CLI))
    allowed, denied = (lab.call(dial(f"{who} -> web UDP 5300")) for who in ("cli", "twin"))
    changes = threading.Thread(target=change)
    try:
        hear([allowed, denied], due=[allowed])
        changes.start()
        sent = 0
        while changes.is_alive():
            for _ in range(50):
                denied.socket.send(b"who")
            allowed.socket.send(b"who")
            allowed.answer = None
            hear([allowed], due=[allowed], quiet=0)
            assert allowed.answer == "web", f"lost after {sent}"
            sent += 1
        hear([denied])
        assert denied.answer is None
        assert sent > CHANGES, "the control: there was traffic during the changes"
    finally:
        changes.join()
        for call in (allowed, denied):
            call.socket.close()


def test_no_transaction_touches_all_the_rules_that_are_in_force(lab: Lab) -> None:
    """While one changes the rules, packets may slip through: it needs others beside it."""
    seen = []

    def load(script: str) -> None:
        others = [t for t in nft.tables() & set(TABLES) if f"delete table {t}\n" not in script]
        seen.append([t for t in others if "vmap" in lab.places["n1"].run("nft", "list", "table", *t.split())])
        nft.load(script)

    lab.apply(state_with(DENY))
    lab.agents["n1"] = Enforcer("n1", load=load)  # starts with the rules of the agent before it
    for denying in (ONLY_CLI, DENY, ONLY_CLI):
        lab.apply(state_with(denying))
    assert len(seen) == 6
    assert all(seen)
    lab.start_agents()


def test_a_change_that_failed_half_way_can_be_taken_back(lab: Lab) -> None:
    """Both tables are there then, and both are in force."""
    fails = False

    def load(script: str) -> None:
        if fails and "chain" not in script:
            raise nft.RefusedError("the old table stays")
        nft.load(script)

    lab.apply(state_with())
    lab.agents["n1"] = Enforcer("n1", load=load)
    lab.apply(state_with())
    fails = True
    with pytest.raises(nft.RefusedError):
        lab.apply(state_with(DENY))
    lab.check([], ["cli -> web TCP 8080"])
    fails = False
    lab.apply(state_with())
    lab.check(["cli -> web TCP 8080"], [])
    lab.start_agents()


@pytest.fixture
def service(lab: Lab) -> Iterator[None]:
    """What kube-proxy does for a Service of `web`: port 80 is 8080 there, and a hairpin is masqueraded."""
    web = PLACES["web"]
    lab.places["n1"].run(
        "nft",
        "-f",
        "-",
        input=f"""table ip service {{
            chain pre {{
                type nat hook prerouting priority dstnat;
                ip daddr {SERVICE} tcp dport 80 dnat to {web}:8080
            }}
            chain post {{
                type nat hook postrouting priority srcnat;
                ip saddr {web} ip daddr {web} masquerade
            }}
        }}""",
    )
    yield
    lab.places["n1"].run("nft", "delete", "table", "ip", "service")


@pytest.mark.usefixtures("service")
def test_what_goes_to_a_service_is_judged_by_the_pod_and_port_behind_it(lab: Lab) -> None:
    to_service = [Dial(who, "service", "TCP", 80) for who in ("web", "cli", "db")]
    web, cli, db = to_service
    lab.apply(state_with())
    lab.check(to_service, [])
    lab.apply(state_with(DENY))
    lab.check([web], [cli, db])
    lab.apply(state_with(policy("shop", {"ingress": [{"from": [FROM_CLI], "ports": [{"port": 8080}]}]})))
    lab.check([web, cli], [db])
    lab.apply(state_with(policy("shop", {"ingress": [{"from": [FROM_CLI], "ports": [{"port": 80}]}]})))
    lab.check([web], [cli, db])


def test_ipv6_is_no_way_round_the_rules(lab: Lab) -> None:
    """A pod has no IPv6 address but the link-local one, over which it could talk to its node."""
    link = json.loads(lab.places["n1"].run("ip", "-json", "-6", "address", "show", "dev", "vethweb"))
    [local] = [a["local"] for a in link[0]["addr_info"]]
    server = Server()
    with lab.places["n1"].inside():
        server.listen("n1", "TCP", 8090, socket.AF_INET6)
    server.start()

    def answer(*, due: bool) -> str | None:
        with lab.places["web"].inside():
            call = Call(f"{local}%eth0", "TCP", 8090)
        with call.socket:
            hear([call], due=[call] if due else [])
            return call.answer

    try:
        lab.places["n1"].run("nft", "-f", "-", input="".join(map(nft.removing, TABLES)))
        assert answer(due=True) == "n1", "the control: without rules it connects"
        lab.start_agents()
        lab.apply(state_with())
        assert answer(due=False) is None
    finally:
        server.close()


def test_an_agent_that_starts_anew_finds_the_rules_of_the_one_before_and_replaces_them(lab: Lab) -> None:
    lab.apply(state_with(DENY))
    lab.start_agents()
    lab.check([], ["cli -> web TCP 8080"])
    lab.apply(state_with(ONLY_CLI))
    lab.check(["cli -> web TCP 8080"], ["twin -> web TCP 8080"])


def test_a_policy_that_nft_refuses_denies_and_leaves_the_others_in_force(lab: Lab) -> None:
    """No policy that the parser lets through is known to be refused: this one is made by hand."""
    refused = replace(
        policy("shop", {"podSelector": {"matchLabels": {"app": "web"}}}, name="refused"),
        rules={"ingress": (Rule(ports=(Port("nonsense", 1, 1),)), Rule())},
    )
    failing = lab.apply(
        state_with(refused, policy("shop", {"ingress": [{"ports": [{"port": 8081}]}]}, name="good"))
    )
    assert list(failing) == [("shop", "refused")]
    lab.check(["cli -> web TCP 8081", "cli -> db TCP 8081", "cli -> twin TCP 8080"], ["cli -> web TCP 8080"])


def test_rules_of_before_stay_when_none_can_be_loaded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.apply(state_with(ONLY_CLI))
    with monkeypatch.context() as without_nft:
        without_nft.setenv("PATH", "/nonexistent")
        with pytest.raises(nft.RefusedError):
            lab.apply(state_with())
    lab.check(["cli -> web TCP 8080"], ["twin -> web TCP 8080"])
    lab.apply(state_with())
    lab.check(["twin -> web TCP 8080"], [])


def test_nft_takes_whatever_the_compiler_writes() -> None:
    @settings(max_examples=40, deadline=None)
    @given(clusters(), st.lists(st.tuples(st.sampled_from(["a", "b"]), SPECS), max_size=4))
    def check(cluster: State, specs: list[tuple[str, dict[str, object]]]) -> None:
        content = compile_ruleset(with_policies(cluster, specs), "n1")
        nft.check(nft.replacing(TABLES[0], content))

    place = Netns()
    with place.inside():
        check()
    place.close()
