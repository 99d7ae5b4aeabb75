"""The compiler turns policies into rules that mean what the API reference says.

The rules are evaluated by a strict reader of the few forms of nft that the compiler writes (`Ruleset`), and
compared with the cases of policy_cases.yaml and with an oracle written from the API reference (`Oracle`).
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.images.policy.agent.compiler import compile_ruleset
from fixtures.images.policy.agent.model import Pod, State, node_of, pod_of, policy_of
from tests.policy_cases import CASES, DATA, PLACES, Case, Dial, policy, state_with

NODES = {n["address"]: name for name, n in DATA["nodes"].items()}


class Ruleset:
    """The rules of one node, applied to the first packet of a connection."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines()]
        self.sets: dict[str, set[str]] = {}
        self.maps: dict[str, dict[str, str]] = {}
        self.chains: dict[str, list[str]] = {}
        chain: list[str] = []
        for line in lines:
            if found := re.fullmatch(r"set (\w+) \{ type [\w. ]+; elements = \{ (.+) \}; \}", line):
                self.sets[found[1]] = set(found[2].split(", "))
            elif found := re.fullmatch(
                r"map (\w+) \{ type ipv4_addr : verdict;(?: elements = \{ (.+) \};)? \}", line
            ):
                pairs = [e.split(" : jump ") for e in (found[2] or "").split(", ") if e]
                self.maps[found[1]] = dict(pairs)
            elif found := re.fullmatch(r"chain (\w+) \{", line):
                chain = self.chains.setdefault(found[1], [])
            elif line != "}":
                chain.append(line)

    def passes(self, hook: str, source: str, target: str, protocol: str, port: int) -> bool:
        """Tell whether the packet leaves a base chain without having been dropped."""
        head, *rules = self.chains[hook]
        assert head == f"type filter hook {hook} priority filter; policy accept;"
        packet = {"saddr": source, "daddr": target, "proto": protocol.lower(), "port": str(port)}
        for rule in rules:
            verdict = self._verdict(rule, packet)
            if verdict in ("accept", "drop"):
                return verdict == "accept"
        return True

    def _verdict(self, rule: str, packet: Mapping[str, str]) -> str | None:
        if found := vmap_of(rule):
            chain = self.maps[found[2]].get(packet[found[1]])
            verdicts = (self._verdict(r, packet) for r in self.chains[chain]) if chain else iter(())
            return next((v for v in verdicts if v), None)
        rest = rule
        while rest not in ("accept", "return", "counter drop"):
            matched, rest = self._match(rest, packet)
            if not matched:
                return None
        return rest.removeprefix("counter ")

    def _match(self, rule: str, packet: Mapping[str, str]) -> tuple[bool, str]:
        """Take one match from the front of a rule."""
        form, found, rest = form_of(rule)
        return FORMS[form](found, packet, self.sets), rest


Holds = Callable[[re.Match[str], Mapping[str, str], Mapping[str, set[str]]], bool]
FORMS: dict[str, Holds] = {
    r"ct (state related|direction reply ct state established) ": lambda m, packet, sets: (
        False
    ),  # a first packet
    r'meta nfproto ipv6 iifname "veth\*" ': lambda m, packet, sets: False,
    r"ip saddr \. ip daddr @(\w+) ": lambda m, packet, sets: (
        f"{packet['saddr']} . {packet['daddr']}" in sets[m[1]]
    ),
    r"ip daddr \. (\w+) dport @(\w+) ": lambda m, packet, sets: (
        m[1] == packet["proto"] and f"{packet['daddr']} . {packet['port']}" in sets[m[2]]
    ),
    r"ip (\w+) @(\w+) ": lambda m, packet, sets: packet[m[1]] in sets[m[2]],
    r"ip (\w+) != \{ ([^}]+) \} ": lambda m, packet, sets: not within(packet[m[1]], m[2]),
    r"ip (saddr|daddr) ([\d./]+) ": lambda m, packet, sets: within(packet[m[1]], m[2]),
    r"meta l4proto (\w+) ": lambda m, packet, sets: m[1] == packet["proto"],
    r"(tcp|udp|sctp) dport \{ ([\d, -]+) \} ": lambda m, packet, sets: (
        m[1] == packet["proto"] and in_ranges(int(packet["port"]), m[2])
    ),
}


@cache
def vmap_of(rule: str) -> re.Match[str] | None:
    return re.fullmatch(r"ip (saddr|daddr) vmap @(\w+)", rule)


@cache
def form_of(rule: str) -> tuple[str, re.Match[str], str]:
    """Return the form at the front of a rule, what it says, and the rest."""
    for form in FORMS:
        if found := re.match(form, rule):
            return form, found, rule[found.end() :]
    raise AssertionError(f"no form of nft that this reader knows: {rule}")


@cache
def within(address: str, ranges: str) -> bool:
    networks = [ipaddress.ip_network(r) for r in ranges.split(", ")]
    assert not any(a.overlaps(b) for a in networks for b in networks if a is not b), "nft refuses overlaps"
    return any(ipaddress.ip_address(address) in n for n in networks)


@cache
def in_ranges(port: int, text: str) -> bool:
    ranges = [[int(n) for n in r.split("-")] for r in text.split(", ")]
    assert all(a[-1] < b[0] for a, b in itertools.pairwise(ranges)), "nft refuses overlaps"
    return any(r[0] <= port <= r[-1] for r in ranges)


def flows(state: State, dial: Dial) -> bool:
    """Tell whether a connection passes the rules of all nodes on its way."""
    source, target = PLACES[dial.source], PLACES[dial.target]
    places = {
        **DATA["pods"],
        **{n: {"node": n} for n in DATA["nodes"]},
        **{n: {"node": None} for n in DATA["outside"]},
    }
    ends = [(name, places[name]["node"]) for name in (dial.source, dial.target)]
    if dial.source == dial.target:
        return True  # never leaves the pod
    hooks = []
    for node in dict.fromkeys(node for _, node in ends if node):
        if node == dial.source:
            continue  # what a node sends passes `output`, where nothing is hooked
        hooks.append((node, "input" if node == dial.target else "forward"))
    return all(
        Ruleset(compile_ruleset(state, node)).passes(hook, source, target, dial.protocol, dial.port)
        for node, hook in hooks
    )


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_a_case_of_the_api_reference(case: Case) -> None:
    expected = {**dict.fromkeys(case.allowed, True), **dict.fromkeys(case.denied, False)}
    assert {str(d): flows(case.state, d) for d in expected} == {str(d): v for d, v in expected.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_a_case_is_worth_having(case: Case) -> None:
    """Something passes and (but for the open cluster) something does not; faults are said."""
    assert case.allowed
    assert bool(case.denied) is bool(case.policies)
    faults = [p.fault for p in case.policies if p.fault]
    assert len(faults) == (case.fault is not None)
    assert all(case.fault and case.fault in fault for fault in faults)


class Oracle:
    """The words of the API reference, read slowly: no sets, no sharing, no nft."""

    def __init__(self, state: State, specs: list[tuple[str, dict[str, Any]]]) -> None:
        self.state, self.specs = state, specs
        self.pods = {a: p for p in state.pods.values() for a in p.addresses}

    def allows(self, source: str, target: str, protocol: str, port: int) -> bool:
        return source == target or (
            self.end_allows("Egress", source, target, protocol, port, target)
            and self.end_allows("Ingress", target, source, protocol, port, target)
        )

    def end_allows(self, way: str, mine: str, other: str, protocol: str, port: int, target: str) -> bool:
        if (pod := self.pods.get(mine)) is None:
            return True
        selecting = [
            (namespace, spec)
            for namespace, spec in self.specs
            if namespace == pod.namespace
            and way in types(spec)
            and selected(spec.get("podSelector"), pod.labels)
        ]
        section, side = ("egress", "to") if way == "Egress" else ("ingress", "from")
        return not selecting or any(
            (not rule.get(side) or any(self.is_peer(p, namespace, other) for p in rule[side]))
            and (not rule.get("ports") or any(self.is_port(p, protocol, port, target) for p in rule["ports"]))
            for namespace, spec in selecting
            for rule in spec.get(section) or []
        )

    def is_peer(self, peer: dict[str, Any], namespace: str, address: str) -> bool:
        if block := peer.get("ipBlock"):
            ip = ipaddress.ip_address(address)
            return ip in ipaddress.ip_network(block["cidr"]) and not any(
                ip in ipaddress.ip_network(e) for e in block.get("except") or []
            )
        if (pod := self.pods.get(address)) is None:
            return False
        if "namespaceSelector" in peer:
            if not selected(peer["namespaceSelector"], self.state.namespaces[pod.namespace]):
                return False
        elif pod.namespace != namespace:
            return False
        return selected(peer.get("podSelector"), pod.labels)

    def is_port(self, entry: dict[str, Any], protocol: str, port: int, target: str) -> bool:
        if entry.get("protocol", "TCP") != protocol:
            return False
        match entry.get("port"):
            case None:
                return True
            case int(first):
                return port in range(first, entry.get("endPort", first) + 1)
            case name:
                pod = self.pods.get(target)
                return pod is not None and (name, protocol, port) in pod.ports


def types(spec: dict[str, Any]) -> list[str]:
    return spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def selected(selector: dict[str, Any] | None, labels: Mapping[str, str]) -> bool:
    selector = selector or {}
    for key, value in (selector.get("matchLabels") or {}).items():
        if key not in labels or labels[key] != value:
            return False
    for e in selector.get("matchExpressions") or []:
        has, values = e["key"] in labels, e.get("values") or []
        among = has and labels[e["key"]] in values
        if not {"In": among, "NotIn": not among, "Exists": has, "DoesNotExist": not has}[e["operator"]]:
            return False
    return True


def objects(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=optional)


LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["x", "y"]), max_size=2)
EXPRESSIONS = st.one_of(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from(["app", "tier"]),
            "operator": st.sampled_from(["In", "NotIn"]),
            "values": st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=2),
        }
    ),
    st.fixed_dictionaries(
        {"key": st.sampled_from(["app", "tier"]), "operator": st.sampled_from(["Exists", "DoesNotExist"])}
    ),
)
SELECTORS = objects(matchLabels=LABELS, matchExpressions=st.lists(EXPRESSIONS, max_size=2))
ADDRESSES = [f"10.0.0.{i}" for i in range(1, 7)]
BLOCKS = st.fixed_dictionaries(
    {"cidr": st.sampled_from(["0.0.0.0/0", "10.0.0.0/29", "10.0.0.2/31", "fd00::/8"])},
    optional={"except": st.lists(st.sampled_from(["10.0.0.2/32", "10.0.0.2/31", "10.0.0.0/30"]), max_size=3)},
)
PEERS = st.one_of(
    st.fixed_dictionaries({"ipBlock": BLOCKS}),
    objects(podSelector=SELECTORS, namespaceSelector=SELECTORS).filter(bool),
)
PORTS = st.one_of(
    objects(protocol=st.sampled_from(["TCP", "UDP", "SCTP"]), port=st.sampled_from([1, 2, 3, "one", "two"])),
    st.fixed_dictionaries({"port": st.integers(1, 3), "endPort": st.integers(3, 5)}),
)
RULES = st.lists(objects(ports=st.lists(PORTS, max_size=3)), max_size=2)


def rules(side: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    rule = objects(ports=st.lists(PORTS, max_size=3), **{side: st.lists(PEERS, max_size=3)})
    return st.lists(rule, max_size=2)


SPECS = objects(
    podSelector=SELECTORS,
    policyTypes=st.lists(st.sampled_from(["Ingress", "Egress"]), unique=True),
    ingress=rules("from"),
    egress=rules("to"),
)
NAMED = st.sets(
    st.tuples(st.sampled_from(["one", "two"]), st.sampled_from(["TCP", "UDP"]), st.integers(1, 3)), max_size=2
)


@st.composite
def clusters(draw: st.DrawFn) -> State:
    pods = [
        Pod(
            namespace=draw(st.sampled_from(["a", "b"])),
            name=f"pod{i}",
            uid="",
            node="n1",
            created="",
            labels=draw(LABELS),
            addresses=(address,),
            ports=frozenset(draw(NAMED)),
        )
        for i, address in enumerate(ADDRESSES[:4])
    ]
    return State(pods={p.key: p for p in pods}, namespaces={"a": draw(LABELS), "b": draw(LABELS)})


def with_policies(state: State, specs: list[tuple[str, dict[str, Any]]]) -> State:
    policies = [policy(namespace, spec, name=f"p{i}") for i, (namespace, spec) in enumerate(specs)]
    return replace(state, policies={p.key: p for p in policies})


@settings(max_examples=100, deadline=None)
@given(clusters(), st.lists(st.tuples(st.sampled_from(["a", "b"]), SPECS), max_size=4))
def test_rules_agree_with_the_api_reference(cluster: State, specs: list[tuple[str, dict[str, Any]]]) -> None:
    state, oracle = with_policies(cluster, specs), Oracle(cluster, specs)
    ruleset = Ruleset(compile_ruleset(state, "n1"))
    for source in ADDRESSES:
        for target in ADDRESSES:
            for protocol, port in (("TCP", 1), ("TCP", 3), ("TCP", 5), ("UDP", 2), ("SCTP", 1)):
                expected = oracle.allows(source, target, protocol, port)
                found = ruleset.passes("forward", source, target, protocol, port)
                assert found is expected, f"{source} -> {target} {protocol} {port} under {specs}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 70000) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["cidr", "key"]), inner, max_size=2)
    ),
    max_leaves=4,
)
FIELDS = st.sampled_from(
    [
        *("podSelector", "namespaceSelector", "matchLabels", "matchExpressions", "operator", "values"),
        *("policyTypes", "ingress", "egress", "from", "to", "ipBlock", "cidr", "except"),
        *("ports", "protocol", "port", "endPort"),
    ]
)


def spoiled(value: Any, name: str, junk: Any) -> Any:
    """Put junk wherever this name occurs."""
    if isinstance(value, dict):
        return {k: junk if k == name else spoiled(v, name, junk) for k, v in value.items()}
    return [spoiled(v, name, junk) for v in value] if isinstance(value, list) else value


@settings(max_examples=100, deadline=None)
@given(clusters(), SPECS, FIELDS, JSON)
def test_junk_is_never_open(cluster: State, spec: dict[str, Any], name: str, junk: Any) -> None:
    """Whatever stands in a policy: it compiles, and with a fault nothing passes to who is selected."""
    parsed = policy_of({"metadata": {"namespace": "a", "name": "p"}, "spec": spoiled(spec, name, junk)})
    ruleset = Ruleset(compile_ruleset(replace(cluster, policies={parsed.key: parsed}), "n1"))
    if parsed.fault is None:
        return
    assert parsed.rules
    assert not any(parsed.rules.values())
    for pod in cluster.pods.values():
        if pod.namespace == "a" and parsed.selector.matches(pod.labels):
            way = (
                ("10.9.9.9", pod.addresses[0])
                if "ingress" in parsed.rules
                else (pod.addresses[0], "10.9.9.9")
            )
            assert not ruleset.passes("forward", *way, "TCP", 1)


DENY = policy("shop", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})


def test_a_bad_expression_leaves_the_others_to_select() -> None:
    expressions = [
        {"key": "app", "operator": "Like", "values": ["x"]},
        {"key": "app", "operator": "In", "values": ["db"]},
    ]
    bad = policy("shop", {"podSelector": {"matchExpressions": expressions}})
    assert bad.selector.matches({"app": "db"})
    assert not bad.selector.matches({"app": "web"})


def test_the_same_state_gives_the_same_text() -> None:
    state = state_with(DENY, policy("other", {"ingress": [{"from": [{"namespaceSelector": {}}]}]}, name="q"))
    turned = replace(
        state, pods=dict(reversed([*state.pods.items()])), policies=dict(reversed([*state.policies.items()]))
    )
    assert compile_ruleset(state, "n1") == compile_ruleset(turned, "n1")


def test_pods_of_other_nodes_are_not_protected_here() -> None:
    state = state_with(policy("other", {"podSelector": {}}))
    assert PLACES["far"] not in Ruleset(compile_ruleset(state, "n1")).maps["ingress_of"]
    assert PLACES["far"] in Ruleset(compile_ruleset(state, "n2")).maps["ingress_of"]


def test_an_announced_address_is_protected_before_the_api_server_names_it() -> None:
    state = state_with(DENY)
    pods = {k: replace(p, addresses=()) for k, p in state.pods.items()}
    silent = replace(state, pods=pods)
    assert not Ruleset(compile_ruleset(silent, "n1")).maps["ingress_of"]
    told = replace(silent, announced={("shop", "web"): ("10.244.0.77",)})
    assert set(Ruleset(compile_ruleset(told, "n1")).maps["ingress_of"]) == {"10.244.0.77"}


def test_an_address_used_twice_belongs_to_the_younger_pod_and_to_the_announced_one_first() -> None:
    state = state_with(DENY)
    pods = dict(state.pods)
    for key, created in (
        (("shop", "web"), "2026-01-01T00:00:00Z"),
        (("other", "cli"), "2026-02-01T00:00:00Z"),
    ):
        pods[key] = replace(pods[key], addresses=("10.244.0.50",), created=created)
    twice = replace(state, pods=pods)
    assert "10.244.0.50" not in Ruleset(compile_ruleset(twice, "n1")).maps["ingress_of"]
    told = replace(twice, announced={("shop", "web"): ("10.244.0.50",)})
    assert "10.244.0.50" in Ruleset(compile_ruleset(told, "n1")).maps["ingress_of"]


def raw_pod(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "a", "name": "p", "uid": "u"},
        "spec": {
            "nodeName": "n1",
            "containers": [{"ports": [{"name": "http", "containerPort": 80}, {"containerPort": 81}]}],
            "initContainers": [
                {
                    "restartPolicy": "Always",
                    "ports": [{"name": "side", "containerPort": 82, "protocol": "UDP"}],
                },
                {"ports": [{"name": "once", "containerPort": 83}]},
            ],
        },
        "status": {"phase": "Running", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}], **status},
    }


def test_a_pod_is_read_with_named_ports_of_containers_and_sidecars() -> None:
    pod = pod_of(raw_pod())
    assert pod.addresses == ("10.0.0.1",)
    assert pod.ports == {("http", "TCP", 80), ("side", "UDP", 82)}


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_finished_pod_has_no_address(phase: str) -> None:
    assert pod_of(raw_pod(phase=phase)).addresses == ()


def test_a_pod_in_the_network_of_its_node_has_no_address_of_its_own() -> None:
    item = raw_pod()
    item["spec"]["hostNetwork"] = True
    assert pod_of(item).addresses == ()


def test_a_static_pod_goes_by_the_uid_that_the_runtime_knows() -> None:
    item = raw_pod()
    item["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "hash"}
    assert pod_of(item).uid == "hash"


def test_a_node_is_read_with_its_ipv4_range_and_address() -> None:
    node = node_of(
        {
            "metadata": {"name": "n1"},
            "spec": {"podCIDRs": ["fd00::/64", "10.244.0.0/24"]},
            "status": {
                "addresses": [
                    {"type": "Hostname", "address": "n1"},
                    {"type": "InternalIP", "address": "10.1.1.1"},
                ]
            },
        }
    )
    assert (node.pod_range, node.address) == ("10.244.0.0/24", "10.1.1.1")


def test_policies_that_resemble_each_other_share_chains_and_sets() -> None:
    """A thousand pods under 200 policies: text grows with what differs, not with pods times policies."""
    pods = [
        Pod(f"ns{i % 100}", f"p{i}", "", "n1", "", {"app": "x"}, (f"10.{i >> 8}.{i & 255}.1",))
        for i in range(1000)
    ]
    spec = {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 80}]}]}
    policies = [policy(f"ns{i % 100}", spec, name=f"p{i}") for i in range(200)]
    state = State(
        pods={p.key: p for p in pods},
        namespaces={f"ns{i}": {} for i in range(100)},
        policies={p.key: p for p in policies},
    )
    ruleset = Ruleset(compile_ruleset(state, "n1"))
    assert len(ruleset.maps["ingress_of"]) == 1000
    assert len(ruleset.chains) == 102
    assert len(ruleset.sets) == 2
