"""The language of checks: nouns of Kubernetes, checks that are verbs on them, adverbs that own time.

@graded(points=1)
def test_web_answers(app: Solution) -> None:
    \"""Service `web` answers on port 80.\"""
    eventually(app.service("web")).answers("/", status=200)
"""

from checks import faults
from checks.adverbs import consistently, eventually, set_patience
from checks.errors import CheckFailed, GraderError, Hopeless, UsageError
from checks.graded import Claim, claim_of, graded
from checks.observations import Observation, Recording, recording
from checks.service import Service
from checks.solution import Solution
from checks.workloads import Deployment, Pod

__all__ = [
    "CheckFailed",
    "Claim",
    "Deployment",
    "GraderError",
    "Hopeless",
    "Observation",
    "Pod",
    "Recording",
    "Service",
    "Solution",
    "UsageError",
    "claim_of",
    "consistently",
    "eventually",
    "faults",
    "graded",
    "recording",
    "set_patience",
]
