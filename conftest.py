"""Hands `fixtures/` to pytest, nothing else: the plugin comes with the installed distribution."""
