"""The language of checks: nouns of Kubernetes, checks that are verbs on them, adverbs that own time.

@graded(points=1)
def test_web_answers(app: Solution) -> None:
    \"""Service `web` answers on port 80.\"""
    eventually(app.service("web")).answers("/", status=200)
"""

from checks import faults
from checks.access import Access, ServiceAccount
from checks.admission import Admission
from checks.adverbs import consistently, eventually, set_patience, throughout
from checks.answers import Answer, Answers
from checks.commands import Commands
from checks.configuration import Container
from checks.deployments import Deployment
from checks.errors import CheckFailed, GraderError, Hopeless, UsageError
from checks.graded import Claim, claim_of, graded
from checks.jobs import CronJob, Job
from checks.network import Network
from checks.observations import Observation, Recording, recording
from checks.pods import Pod
from checks.probes import Probe
from checks.resources import LimitRange, Quota
from checks.service import Service
from checks.sets import DaemonSet, ReplicaSet, StatefulSet
from checks.solution import Solution
from checks.storage import VolumeClaim
from checks.things import ABSENT, Thing
from checks.variables import Field

__all__ = [
    "ABSENT",
    "Access",
    "Admission",
    "Answer",
    "Answers",
    "CheckFailed",
    "Claim",
    "Commands",
    "Container",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Field",
    "GraderError",
    "Hopeless",
    "Job",
    "LimitRange",
    "Network",
    "Observation",
    "Pod",
    "Probe",
    "Quota",
    "Recording",
    "ReplicaSet",
    "Service",
    "ServiceAccount",
    "Solution",
    "StatefulSet",
    "Thing",
    "UsageError",
    "VolumeClaim",
    "claim_of",
    "consistently",
    "eventually",
    "faults",
    "graded",
    "recording",
    "set_patience",
    "throughout",
]
