"""The seven steps that lead an account to its first live message, and how far it has come.

    steps = steps_of(account)      # steps_of(None): there is no account yet
    progress = Progress(steps)     # "4 of 7", minutes left, the step to do next

`steps_from` is pure: it asks no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from invocations.models import Account
from invocations.models.reading import WHOLE
from invocations.monitoring.setup_account_steps import (
    account_step,
    check_step,
    key_step,
    results_step,
)
from invocations.monitoring.setup_facts import SetupFacts, facts_of
from invocations.monitoring.setup_step import Progress as Progress
from invocations.monitoring.setup_step import State, Step
from invocations.monitoring.setup_workflow_steps import names_step, try_step, workflow_step


def steps_of(account: Account | None) -> list[Step]:
    """The steps of `account`; without one, those that lead to the first."""
    return steps_from(facts_of(account, WHOLE) if account else None)


def steps_from(facts: SetupFacts | None) -> list[Step]:
    steps = [
        account_step(facts),
        key_step(facts),
        check_step(facts),
        results_step(facts),
        workflow_step(facts),
        names_step(facts),
    ]
    return _with_next([*steps, try_step(facts, steps)])


def _with_next(steps: Sequence[Step]) -> list[Step]:
    """The first step to do is marked as the next one, unless another went wrong before it."""
    first = next((n for n, step in enumerate(steps) if not step.is_done), None)
    if first is None or any(step.state is State.WRONG for step in steps):
        return list(steps)
    marked = replace(steps[first], state=State.NOW)
    return [*steps[:first], marked, *steps[first + 1 :]]
