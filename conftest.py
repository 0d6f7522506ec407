"""Registers `pytest --benchmark`; everything it does stands in bench/plugin.py."""

pytest_plugins = ["bench.plugin"]
