"""Hands `fixtures/` to pytest, nothing else."""

pytest_plugins: list[str] = []
