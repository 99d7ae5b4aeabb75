"""What a look at submissions finds, as SARIF 2.1.0: what code hosts and editors show beside the lines.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from reports.lint import Finding, Looked
from reports.text import one_line

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(looked: Sequence[Looked], rules: Mapping[str, str], version: str) -> str:
    """Return one run for each submission; `rules` says of each id what its rule is about."""
    runs = [_run(each, rules, version) for each in looked]
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}, indent=1)


def _run(looked: Looked, rules: Mapping[str, str], version: str) -> dict[str, Any]:
    ids = sorted({finding.id for finding in looked.findings})
    problem = looked.problem
    invocation: dict[str, Any] = {"executionSuccessful": problem is None}
    if problem:
        said = ": ".join(part for part in (problem.what, problem.where, problem.fix) if part)
        invocation["toolExecutionNotifications"] = [{"level": "error", "message": {"text": _text(said)}}]
    driver = {
        "name": "kubeproctor",
        "version": version,
        "rules": [
            {
                "id": id_,
                "shortDescription": {"text": id_.rpartition("/")[2].replace("-", " ")},
                "help": {"text": rules.get(id_, id_)},
            }
            for id_ in ids
        ],
    }
    return {
        "tool": {"driver": driver},
        # a host that gets several runs at once tells them apart by this
        "automationDetails": {"id": f"kubeproctor-lint/{quote(_bytes(looked.name), safe='')}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": [_result(finding, ids.index(finding.id), looked.prefix) for finding in looked.findings],
    }


def _result(finding: Finding, rule: int, prefix: str) -> dict[str, Any]:
    said = [finding.what, f"because: {finding.because}" * bool(finding.because)]
    said.append(f"fix: {finding.fix}" * bool(finding.fix))
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(prefix + finding.place.file)}}
    if finding.place.line:
        place["region"] = {"startLine": finding.place.line}
        if finding.place.column:
            place["region"]["startColumn"] = finding.place.column
    return {
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": "\n".join(_text(line) for line in said if line)},
        "locations": [{"physicalLocation": place}],
    }


def _text(said: str) -> str:
    """Return a line in which no reader finds a link that a learner has written: `[name](address)`."""
    return one_line(said).replace("](", "] (")


def _uri(path: str) -> str:
    """Return a path as a relative reference: no scheme, host or query can be read out of it."""
    return quote(_bytes(path).lstrip(b"/"), safe="/")


def _bytes(name: str) -> bytes:
    return name.encode(errors="replace")
