"""The tables of a claim, read from its text when it is collected, so that a wrong one is known at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from checks import tables
from checks.errors import UsageError

WORDS = {"allows_only": tables.TRAFFIC, "grants_only": tables.RIGHTS}
"""The checks that take a table, and the words of its cells."""

_FIELD = re.compile(r"\{\w*\}")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def refuse_wrong_tables(test: Callable[..., Any]) -> None:
    """Refuse a table that is not total, names something twice or says another word.

    A table is found where it stands in the test, is a constant of its file, or one of these with `format`. A
    field in braces may stand for any cell. What is put together in another way is read when the test runs.

    Raises:
        UsageError: with the file, the line where the table begins, and what is wrong in it.
    """
    code = test.__code__
    try:
        text = Path(code.co_filename).read_text(encoding="utf-8")
    except OSError:
        return  # of a test that was typed in there is no text
    tree = _parsed(text)
    for node in tree.body:
        if isinstance(node, _Function) and _first_line(node) == code.co_firstlineno:
            known = {**_assigned(tree.body), **_assigned(ast.walk(node))}
            for words, given in _claimed(node):
                _refuse(_literal(given, known), words, code.co_filename)


@lru_cache(maxsize=1)  # the claims of a file are read one after the other
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _first_line(node: _Function) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _claimed(function: _Function) -> Iterator[tuple[tuple[str, ...], ast.expr]]:
    """Yield the words and the table of each check that takes one, bare or behind `throughout`."""
    for call in ast.walk(function):
        if isinstance(call, ast.Call):
            given = [call.func, *call.args, *(item.value for item in call.keywords)]
            for check, table in pairwise(given):
                if isinstance(check, ast.Attribute) and check.attr in WORDS:
                    yield WORDS[check.attr], table


def _assigned(nodes: Iterable[ast.AST]) -> Mapping[str, ast.expr]:
    """Return what names stand for that have one value, several names of one statement as well."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                for one, value in pairs:
                    if isinstance(one, ast.Name):
                        found.setdefault(one.id, []).append(value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _literal(node: ast.expr, known: Mapping[str, ast.expr]) -> ast.Constant | None:
    """Return the text behind names and `format`; each name is followed once."""
    if isinstance(node, ast.Name) and node.id in known:
        return _literal(known[node.id], {name: value for name, value in known.items() if name != node.id})
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _literal(node.func.value, known)
    return node if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _refuse(node: ast.Constant | None, words: tuple[str, ...], file: str) -> None:
    text = str(node.value) if node else ""
    if node is None or any(_FIELD.fullmatch(line.strip()) for line in text.splitlines()):
        return  # or rows that nobody knows yet
    try:
        tables.parse(text, (*words, *_FIELD.findall(text)))
    except UsageError as error:
        raise UsageError(f"the table at {Path(file).name}:{node.lineno}: {error}") from error
