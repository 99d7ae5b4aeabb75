"""The traffic of a namespace: a table in words against what the pods find."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

import pytest
from made import NS, deploy, meta, pod

from checks import CheckFailed, GraderError, Network, Solution, UsageError, eventually, recording
from checks.cluster import Dial, Object, Reply
from checks.fake import Fake
from checks.network import BUSY, DIALLED
from checks.objects import dig, name

TRAFFIC = r"""
    from \ to    web:80   db:5432
    shop         allow    deny
    web          n/a      allow
    stranger     deny     deny
"""


def policy(policy: str, selects: dict[str, str], *types: str) -> Object:
    spec = {"podSelector": {"matchLabels": selects}, "policyTypes": list(types)}
    return {"kind": "NetworkPolicy", "metadata": meta("NetworkPolicy", policy), "spec": spec}


def allowing(*pairs: str) -> object:
    """Let only these pairs (`shop>web`) through, and each pod to itself."""

    def blocks(source: Object | None, ip: str, dial: Dial) -> bool:
        number = {"1": "web", "2": "db", "3": "shop"}[ip.split(".")[2]]
        who = name(source).partition("-")[0] if source else "stranger"
        return who != number and f"{who}>{number}" not in pairs

    return blocks


@pytest.fixture
def shop(cluster: Fake) -> Fake:
    """Three workloads; `web` and `db` listen, and the policies are right."""
    for net, (who, port) in enumerate([("web", 80), ("db", 5432), ("shop", 1)], 1):
        for made in deploy(cluster, who, 2, net=net):
            cluster.serving[made["status"]["podIP"], port] = Reply("answered")
    cluster.blocks = allowing("shop>web", "web>db")
    return cluster


def test_traffic_as_in_the_table_passes(app: Solution, shop: Fake) -> None:
    eventually(app.network).allows_only(TRAFFIC)
    assert shop.now >= Network.hold, "it has to hold"


def test_traffic_that_is_let_through_is_shown_in_the_table(app: Solution, shop: Fake) -> None:
    shop.blocks = allowing("shop>web", "web>db", "shop>db", "stranger>web")
    shop.put(policy("web-open", {"app": "web"}, "Ingress"))
    with pytest.raises(CheckFailed) as failure:
        app.network.allows_only(TRAFFIC)
    assert (
        str(failure.value)
        == r"""
    found     from \ to   web:80   db:5432
              shop        allow    ALLOW  <- expected deny
              web         n/a      allow
              stranger    ALLOW    deny  <- expected deny
    because   no policy selects db-1 for Ingress, and none shop-1 for Egress: nothing is denied there
    look at   kubectl -n k-1 get networkpolicies""".removeprefix("\n")
    )


def test_what_was_found_is_kept_beside_the_verdict_cell_by_cell(app: Solution, shop: Fake) -> None:
    shop.blocks = allowing("shop>web", "shop>db")
    with recording() as recorded, pytest.raises(CheckFailed):
        app.network.allows_only(TRAFFIC)
    (observation,) = recorded.observations
    assert (table := observation.table)
    assert table.what == "traffic"
    assert table.table.cells()["web", "web:80"] == "n/a"
    assert table.found == {
        ("shop", "web:80"): "allow", ("shop", "db:5432"): "allow", ("web", "db:5432"): "deny",
        ("stranger", "web:80"): "deny", ("stranger", "db:5432"): "deny",
    }  # fmt: skip


def test_a_policy_that_selects_nobody_is_named_with_what_it_asks_for(app: Solution, shop: Fake) -> None:
    shop.blocks = allowing("shop>web", "web>db", "stranger>web")
    shop.put(policy("web-closed", {"run": "web"}, "Ingress"))
    with pytest.raises(CheckFailed) as failure:
        app.network.allows_only(TRAFFIC)
    failure.value.read_cause()
    assert failure.value.because == (
        "no policy selects web-1 for Ingress: nothing is denied there\n"
        "`web-closed` selects no pod: its podSelector asks for run=web, and web-1 has app=web"
    )


def test_of_several_pods_the_one_that_is_open_is_told(app: Solution, shop: Fake) -> None:
    shop.put(policy("closed", {"statefulset.kubernetes.io/pod-name": "db-1"}, "Ingress"))
    shop.patch("Pod", "db-1", NS, {"metadata": {"labels": {"statefulset.kubernetes.io/pod-name": "db-1"}}})
    let, closed = allowing("shop>web", "web>db", "shop>db"), shop.get("Pod", "db-1", NS)
    assert closed
    first = closed["status"]["podIP"]
    shop.blocks = lambda source, ip, dial: (
        let(source, ip, dial) or (ip == first and bool(source) and name(source).startswith("shop"))
    )
    with pytest.raises(CheckFailed) as failure:
        app.network.allows_only(TRAFFIC)
    assert "shop        allow    MIXED" in failure.value.found
    failure.value.read_cause()
    assert failure.value.because == (
        "no policy selects db-2 for Ingress, and none shop-1 for Egress: nothing is denied there"
    )


def test_traffic_that_is_denied_names_the_policies_at_both_ends(app: Solution, shop: Fake) -> None:
    shop.blocks = allowing("web>db")
    shop.put(policy("web", {"app": "web"}, "Ingress"))
    shop.put(policy("all", {}, "Egress"))
    with pytest.raises(CheckFailed) as failure:
        app.network.allows_only(TRAFFIC)
    assert "shop        DENY" in failure.value.found
    failure.value.read_cause()
    assert failure.value.because == (
        "`web` selects web-1 for Ingress: no rule allows this: spec.ingress has no rule\n"
        "`all` selects shop-1 for Egress: no rule allows this: spec.egress has no rule"
    )


def test_an_empty_namespace_has_no_traffic(app: Solution) -> None:
    with pytest.raises(CheckFailed) as failure:
        app.network.allows_only(TRAFFIC)
    assert (
        str(failure.value)
        == """
    expected  a Ready pod of web in k-1
    found     there is none
    look at   kubectl -n k-1 get pods --show-labels""".removeprefix("\n")
    )


def test_a_target_that_does_not_listen_is_no_deny(app: Solution, shop: Fake) -> None:
    del shop.serving["10.0.2.1", 5432]
    with pytest.raises(CheckFailed) as failure:
        app.network.allows_only(TRAFFIC)
    assert failure.value.expected == "db-1 answers itself on port 5432"
    assert failure.value.found == "connection refused"


def dropping_in_a_hurry(shop: Fake, who: str, target: str) -> None:
    """Let packets of a pod to the pods of a workload through only if it waits for more than a second."""
    before = shop.blocks

    def blocks(source: Object | None, ip: str, dial: Dial) -> bool:
        here = source is not None and name(source).startswith(who) and ip.startswith(f"10.0.{target}.")
        return (here and dial.timeout < 1) or before(source, ip, dial)

    shop.blocks = blocks


def test_silence_on_a_busy_machine_is_given_more_time(app: Solution, shop: Fake) -> None:
    for (ip, port), _ in list(shop.serving.items()):
        shop.serving[ip, port] = Reply("answered", seconds=BUSY * 1.1)
    dropping_in_a_hurry(shop, "shop", target="1")
    app.network.allows_only(TRAFFIC)


def test_a_target_that_gives_itself_no_answer_is_given_more_time(app: Solution, shop: Fake) -> None:
    dropping_in_a_hurry(shop, "db", target="2")
    app.network.allows_only(TRAFFIC)


def test_silence_that_is_told_late_is_given_more_time(app: Solution, shop: Fake) -> None:
    right = shop.dial

    def dial(dials: Sequence[Dial], source: Object | None = None) -> list[Reply]:
        if source is None and dials[0].timeout < 1:
            return [Reply("timeout", seconds=each.timeout + 2) for each in dials]
        return right(dials, source)

    shop.dial = dial
    app.network.allows_only("x  web:80\nshop  allow\nstranger  deny")
    shop.blocks = lambda source, ip, dial: False
    app.network.allows_only("x  web:80\nstranger  allow")


def test_silence_among_quick_answers_is_a_deny_at_once(app: Solution, shop: Fake) -> None:
    for (ip, port), _ in list(shop.serving.items()):
        shop.serving[ip, port] = Reply("answered", seconds=BUSY)
    app.network.allows_only(TRAFFIC)
    once = shop.calls.count("dial")
    assert once == len({"web-1", "web-2", "db-1", "db-2", "shop-1", "shop-2", "stranger"})


def test_pods_of_one_word_that_differ_are_neither(app: Solution, shop: Fake) -> None:
    right = shop.blocks
    shop.blocks = lambda source, ip, dial: ip != "10.0.1.2" and right(source, ip, dial)
    with pytest.raises(CheckFailed) as failure:
        app.network.allows_only(TRAFFIC)
    assert "stranger    MIXED" in failure.value.found


def test_a_word_may_mean_pods_of_several_workloads(app: Solution, cluster: Fake) -> None:
    for net, (who, replicas) in enumerate([("api", DIALLED), ("web", DIALLED), ("db", 1)], 1):
        for made in deploy(cluster, who, replicas, {"part": "shop"}, net=net):
            cluster.serving[made["status"]["podIP"], 80] = Reply("answered")

    def as_source(source: Object | None, ip: str, dial: Dial) -> bool:
        return ip == "10.0.3.1" and not (source and name(source).startswith(("web", "db")))

    cluster.blocks = as_source
    with pytest.raises(CheckFailed, match="part=shop   MIXED"):
        app.network.allows_only("x  db:80\npart=shop  deny")
    cluster.blocks = lambda source, ip, dial: source is None and ip.startswith("10.0.1.")
    with pytest.raises(CheckFailed, match="stranger   MIXED"):
        app.network.allows_only("x  part=shop:80\nstranger  deny")


@pytest.mark.parametrize("word", ["db", "app=db"])
def test_pods_of_one_workload_with_labels_of_their_own_are_all_dialled(
    app: Solution, shop: Fake, word: str
) -> None:
    last = DIALLED + 2
    for number, made in enumerate(deploy(shop, "db", last, net=2), 1):
        shop.serving[made["status"]["podIP"], 5432] = Reply("answered")
        own = {"statefulset.kubernetes.io/pod-name": f"db-{number}"}
        shop.patch("Pod", name(made), NS, {"metadata": {"labels": own}})
    shop.blocks = lambda source, ip, dial: source is None and ip != f"10.0.2.{last}"
    with pytest.raises(CheckFailed, match="stranger   MIXED"):
        app.network.allows_only(f"x  {word}:5432\nstranger  deny")


def test_pods_of_one_template_are_not_all_dialled(app: Solution, shop: Fake) -> None:
    for made in deploy(shop, "web", DIALLED + 5, net=1):
        shop.serving[made["status"]["podIP"], 80] = Reply("answered")
    shop.calls.clear()
    app.network.allows_only("x  web:80\nstranger  deny")
    assert shop.calls.count("dial") == DIALLED + 1


def test_pods_that_nobody_made_are_all_dialled(app: Solution, shop: Fake) -> None:
    for number in range(1, DIALLED + 2):
        shop.put(pod(f"bare-{number}", f"10.0.9.{number}", {"app": "bare"}))
    closed = [f"bare-{number}" for number in range(1, DIALLED + 1)]
    shop.blocks = lambda source, ip, dial: source is not None and name(source) in closed
    with pytest.raises(CheckFailed, match="app=bare   MIXED"):
        app.network.allows_only("x  web:80\napp=bare  deny")


def test_a_connection_that_ends_otherwise_is_no_verdict(app: Solution, shop: Fake) -> None:
    right = shop.dial

    def dial(dials: Collection[Dial], source: Object | None = None) -> list[Reply]:
        lost = [Reply("other", detail="no route to host")] * len(dials)
        return lost if source is None else right(dials, source)

    shop.dial = dial
    with pytest.raises(GraderError, match="no route to host"):
        app.network.allows_only(r"x  web:80" "\nstranger  deny")


@pytest.mark.parametrize("word", ["app=web", "web-1", "web-rs", f"{NS}/web", f"{NS}/app=web"])
def test_pods_go_by_name_owner_labels_and_namespace(app: Solution, shop: Fake, word: str) -> None:
    app.network.allows_only(f"x  {word}:80\nshop  allow\nstranger  deny")


NAMES = "x  dns  web:80\nshop  {}  allow"
NO_NAME = Reply("dns", detail="lookup kubernetes.default.svc.cluster.local: i/o timeout", seconds=0.5)


def resolving(shop: Fake, answers: Callable[[str, Dial], Reply]) -> None:
    """Let a dial of a name end as it does for who makes it: a pod, or the stranger."""
    others = shop.dial

    def dial(dials: Sequence[Dial], source: Object | None = None) -> list[Reply]:
        who = name(source).partition("-")[0] if source else "stranger"
        return [
            answers(who, each) if each.address.startswith("kubernetes.") else reply
            for each, reply in zip(dials, others(dials, source), strict=True)
        ]

    shop.dial = dial


@pytest.mark.parametrize("ends", ["answered", "refused", "timeout"])
def test_names_are_looked_up_from_each_pod(app: Solution, shop: Fake, ends: Any) -> None:
    resolving(shop, lambda who, _: NO_NAME if who == "web" else Reply(ends))
    app.network.allows_only("x  dns  db:5432\nshop  allow  deny\nweb  deny  allow\nstranger  allow  deny")
    with pytest.raises(CheckFailed, match="shop   ALLOW"):
        app.network.allows_only(NAMES.format("deny"))


@pytest.mark.parametrize("word", ["allow", "deny"])
def test_a_dns_server_that_answers_nobody_is_no_verdict(app: Solution, shop: Fake, word: str) -> None:
    resolving(shop, lambda who, _: NO_NAME)
    with pytest.raises(GraderError, match="DNS does not answer our own pod: lookup kubernetes"):
        eventually(app.network).allows_only(NAMES.format(word))


@pytest.mark.parametrize("control", [NO_NAME, Reply("timeout"), Reply("answered", seconds=BUSY * 1.1)])
def test_a_slow_dns_server_is_given_more_time(app: Solution, shop: Fake, control: Reply) -> None:
    slow = {"stranger": control, "shop": NO_NAME}
    resolving(shop, lambda who, dial: slow[who] if dial.timeout < 1 else Reply("answered", seconds=1))
    app.network.allows_only(NAMES.format("allow"))


def test_without_a_column_of_names_none_is_looked_up(app: Solution, shop: Fake) -> None:
    resolving(shop, lambda who, _: NO_NAME)
    app.network.allows_only(TRAFFIC)


@pytest.mark.parametrize("whose", ["shop", "stranger"])
def test_a_name_that_leads_to_no_end_is_no_verdict(app: Solution, shop: Fake, whose: str) -> None:
    odd = Reply("other", detail="network is unreachable")
    resolving(shop, lambda who, _: odd if who == whose else Reply("answered"))
    with pytest.raises(GraderError, match="network is unreachable"):
        app.network.allows_only(NAMES.format("allow"))


def test_a_false_table_is_judged_when_nothing_changes_any_more(app: Solution, shop: Fake) -> None:
    shop.blocks = allowing()
    with pytest.raises(CheckFailed) as failure:
        eventually(app.network).allows_only(TRAFFIC)
    assert failure.value.waited.endswith("settled: nothing was still changing")
    assert app.network.lag <= shop.now < app.network.lag + 3


def test_no_pod_is_asked_by_itself(app: Solution, shop: Fake) -> None:
    shop.blocks = allowing()
    app.network.allows_only("x  web:80\napp=web  allow")
    shop.blocks = lambda source, ip, dial: True
    with pytest.raises(CheckFailed, match="answers itself"):
        app.network.allows_only("x  web:80\napp=web  deny")
    shop.blocks = lambda source, ip, dial: dig(source, "status", "podIP") != ip
    app.network.allows_only("x  web:80\napp=web  deny")
    with pytest.raises(CheckFailed, match=r"that is not the one at 10\.0\.1\.1:80"):
        app.network.allows_only("x  10.0.1.1:80\nweb-1  deny")


@pytest.mark.parametrize("target", ["web", "10.0.1.1"])
def test_a_server_that_listens_late_is_waited_for(app: Solution, shop: Fake, target: str) -> None:
    listening = {at: shop.serving.pop(at) for at in list(shop.serving) if at[1] == 80}
    shop.at(20, lambda: shop.serving.update(listening))
    eventually(app.network).allows_only(f"x  {target}:80\nshop  allow\nstranger  deny")
    assert shop.now >= 20


def elsewhere(labels: dict[str, str], *, ready: bool = True) -> Object:
    """Return a pod of another namespace."""
    made = pod("client-1", "10.0.9.1", labels, ready=ready)
    return {**made, "metadata": {**made["metadata"], "namespace": "k-2"}}


@pytest.mark.parametrize(
    ("labels", "moment"),
    [({"app": "client"}, 20), ({"app": "another"}, 8)],
    ids=["not Ready", "not there"],
)
def test_what_is_under_way_in_a_namespace_of_a_word_is_waited_for(
    app: Solution, shop: Fake, labels: dict[str, str], moment: float
) -> None:
    shop.blocks = allowing("client>web")
    shop.put(elsewhere(labels, ready=False))
    shop.at(moment, lambda: shop.put(elsewhere({"app": "client"})))
    eventually(app.network).allows_only("x  web:80\nk-2/app=client  allow")
    assert shop.now >= moment


def test_traffic_of_a_namespace_of_a_word_that_moves_is_read_again(app: Solution, shop: Fake) -> None:
    shop.blocks = allowing()
    shop.put(elsewhere({"app": "client"}))
    moving = elsewhere({"app": "client"}, ready=False)
    shop.put({**moving, "metadata": {**moving["metadata"], "name": "client-2", "uid": "client-2"}})
    shop.at(20, lambda: setattr(shop, "blocks", allowing("client>web")))
    eventually(app.network).allows_only("x  web:80\nk-2/app=client  allow")
    assert shop.now >= 20


def test_a_namespace_of_a_word_at_rest_lets_a_false_table_be_judged(app: Solution, shop: Fake) -> None:
    shop.blocks = allowing()
    shop.put(elsewhere({"app": "client"}))
    for table in ("x  web:80\nk-2/app=client  allow", "x  web:80\nk-2/app=nobody  allow"):
        with pytest.raises(CheckFailed, match="settled"):
            eventually(app.network).allows_only(table)
    assert shop.now < 2 * (app.network.lag + 3)


def policy_of(namespace: str) -> Object:
    """Return a policy of another namespace."""
    made = policy("theirs", {}, "Ingress", "Egress")
    return {**made, "metadata": {**made["metadata"], "namespace": namespace}}


def test_what_others_do_in_their_namespaces_delays_no_verdict(app: Solution, shop: Fake) -> None:
    shop.blocks = allowing()

    def do(at: int) -> None:
        shop.put({"kind": "Namespace", "metadata": {"name": f"k-{at}", "namespace": None}})
        shop.put(policy_of(f"k-{at}"))

    for at in range(3, 40, 2):
        shop.at(at, partial(do, at))
    with pytest.raises(CheckFailed, match="settled"):
        eventually(app.network).allows_only(TRAFFIC)
    assert shop.now < app.network.lag + 3


@pytest.mark.parametrize("where", ["NetworkPolicy", "Namespace"])
def test_what_changes_where_a_word_leads_is_given_its_time(app: Solution, shop: Fake, where: str) -> None:
    right, shop.blocks = allowing("client>web"), allowing()
    shop.put(elsewhere({"app": "client"}))

    def change() -> None:
        if where == "Namespace":
            shop.put({"kind": "Namespace", "metadata": {"name": "k-2", "labels": {"team": "shop"}}})
        else:
            shop.put(policy_of("k-2"))

    shop.at(9, change)
    shop.at(18, lambda: setattr(shop, "blocks", right))
    eventually(app.network).allows_only("x  web:80\nk-2/app=client  allow")


def test_a_table_is_not_judged_while_the_network_may_be_behind(app: Solution, shop: Fake) -> None:
    right, shop.blocks = shop.blocks, allowing()

    def takes_up() -> None:
        shop.blocks = right

    shop.at(8, takes_up)  # the policies are stored, and nothing says that nodes have yet to follow
    eventually(app.network).allows_only(TRAFFIC)


def test_a_policy_that_comes_late_is_waited_for(app: Solution, shop: Fake) -> None:
    right, shop.blocks = shop.blocks, allowing()

    def comes() -> None:
        shop.blocks = right
        shop.put(policy("late", {}, "Ingress"))

    shop.at(2, comes)
    eventually(app.network).allows_only(TRAFFIC)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("x  web\nshop  allow", "a target is written TARGET:PORT"),
        ("x  web:0\nshop  allow", "a target is written TARGET:PORT"),
        ("x  web:80\nweb  allow", "a source in front of itself is n/a"),
        ("x  web:80\nshop  n/a", "a cell that is not n/a"),
        ("x  web:80\nshop  yes", "says `yes` for `web:80`"),
        ("x  web:80\n203.0.113.7  deny", "203.0.113.7 is no source"),
        ("x  web:80\nk-2/  deny", "'k-2/' means nobody: write whose pods, such as k-2/NAME"),
    ],
)
def test_a_table_without_a_meaning_is_refused(app: Solution, shop: Fake, table: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        app.network.allows_only(table)
