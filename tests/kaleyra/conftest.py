"""Hypothesis in a hurry, and patient with a busy machine. `--hypothesis-profile=default` looks closer."""

from hypothesis import settings

settings.register_profile("quick", max_examples=40, deadline=None)
settings.load_profile("quick")
