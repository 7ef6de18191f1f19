"""System checks that report each missing or wrong setting at start, with a hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Error, Tags, Warning, register, run_checks


@register("settings")
def settings_from_the_environment(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """One error for each problem that `fallback_console.environment` found."""
    return [
        Error(f"{problem.name} {problem.wrong}", hint=problem.hint, id=f"console.{problem.name}")
        for problem in settings.SETTINGS_PROBLEMS
    ]


@register("settings", deploy=True)
def practice_is_not_production(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warns if SANDBOX is on, which allows plain HTTP to a pod on this machine."""
    if not settings.SANDBOX:
        return []
    return [
        Warning(
            "SANDBOX is on.",
            hint="Set SANDBOX=False where real customers are reached.",
            id="console.SANDBOX",
        )
    ]


def refuse_wrong_settings() -> None:
    """Raises `SystemExit`, naming each setting that is missing or wrong.

    For entry points that do not run the system checks: WSGI and Celery.
    """
    problems = [
        problem
        for problem in run_checks(tags=[Tags.security, "settings"])
        if problem.level >= ERROR
    ]
    if problems:
        raise SystemExit(
            "The console does not start.\n" + "\n".join(str(problem) for problem in problems)
        )
