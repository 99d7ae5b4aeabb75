"""Judge the same claims again and again while the machine has twice as much to do as it can.

    python bench/steady.py [ROUNDS]

The faults of tests/causes.yaml and their mended twins are applied to the kept cluster once. Then every claim
is judged in each of 50 rounds, with its adverb and a third of the usual patience, while stress-ng keeps twice
the cores busy. Any verdict but the one that is right is told. Kept in figures/steady.json.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.figures import keep
from checks import CheckFailed, GraderError, eventually, set_patience
from fixtures.clusters.provider import acquire
from fixtures.live import LiveCluster
from tests.causes import CASES, CONTROLS, Trial

ROUNDS = 50
AT_ONCE = 16
PATIENCE = 0.33


class Claim(NamedTuple):
    """A claim about one namespace, and whether it is true there."""

    name: str
    trial: Trial
    code: Any
    true: bool

    def judged(self) -> str:
        """Return nothing when the verdict is right, else the wrong one."""
        try:
            eval(self.code, {"app": self.trial.app, "eventually": eventually})
        except CheckFailed as failure:
            return f"failed: {failure.found}, {failure.because} ({failure.waited})" if self.true else ""
        except GraderError as error:
            return f"grader error: {error}"
        return "" if self.true else "passed"


def with_adverb(claim: str) -> Any:  # noqa: ANN401 - a code object
    """Compile a claim that reads once so that it reads until it is true: `eventually(noun).verb()`."""
    tree = ast.parse(claim, mode="eval")
    assert isinstance(tree.body, ast.Call)
    verb = tree.body.func
    assert isinstance(verb, ast.Attribute)
    verb.value = ast.Call(ast.Name("eventually", ast.Load()), [verb.value], [])
    return compile(ast.fix_missing_locations(tree), claim, "eval")


def applied(cluster: LiveCluster, made: ExitStack) -> list[Claim]:
    """Apply all cases, wait until each verdict is right, and return their claims."""
    wanted = [(cause, False) for cause in CASES] + [(cause, True) for cause in CONTROLS.values()]

    def apply(item: tuple[str, bool]) -> Claim:
        cause, true = item
        trial = Trial(cluster, CASES[cause], made, faulty=not true)
        if not true:
            trial.broken()  # some faults show after a while: until then the claim is true
        claim = Claim(f"{cause}{', mended' * true}", trial, with_adverb(CASES[cause]["claim"]), true)
        if wrong := claim.judged():
            raise SystemExit(f"{claim.name} is judged wrongly before any stress: {wrong}")
        return claim

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(apply, wanted))


def main() -> None:
    """Judge, and print what came of it."""
    if not (stress := shutil.which("stress-ng")):
        sys.exit("this needs stress-ng: apt install stress-ng")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    busy, wrong, begun = 2 * (os.cpu_count() or 1), Counter[str](), time.monotonic()
    handle = acquire("kind")
    with LiveCluster(handle.kubeconfig, handle.context) as cluster, ExitStack() as made:
        claims = applied(cluster, made)
        print(f"{len(claims)} claims, applied in {time.monotonic() - begun:.0f} s", flush=True)
        load = subprocess.Popen([stress, "--cpu", str(busy), "--quiet"])
        made.callback(load.wait)
        made.callback(load.terminate)
        set_patience(PATIENCE)
        begun = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number in range(1, rounds + 1):
                for claim, verdict in zip(claims, pool.map(Claim.judged, claims), strict=True):
                    if verdict:
                        wrong[claim.name] += 1
                        print(f"round {number}: {claim.name}: {verdict}", flush=True)
                print(f"round {number} of {rounds}, {time.monotonic() - begun:.0f} s", flush=True)
    keep("steady", {"claims": len(claims), "rounds": rounds, "busy": busy, "wrong": dict(wrong)})


if __name__ == "__main__":
    main()
