"""Hypothesis with few examples and no deadline, for a busy machine.

`--hypothesis-profile=default` tries more examples.
"""

from hypothesis import settings

settings.register_profile("quick", max_examples=40, deadline=None)
settings.load_profile("quick")
