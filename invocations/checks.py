"""System checks: a setting that is missing or wrong is named at start, with a hint."""

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
    """Every problem that `fallback_console.settings` noted while it read the environment."""
    return [
        Error(f"{problem.name} {problem.wrong}", hint=problem.hint, id=f"console.{problem.name}")
        for problem in settings.SETTINGS_PROBLEMS
    ]


@register("settings", deploy=True)
def practice_is_not_production(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """With SANDBOX on, a pod on this machine is reached without encryption."""
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
    """For the doors that run no system checks by themselves. Raises `SystemExit`, naming each setting that is missing or wrong."""
    problems = [
        problem
        for problem in run_checks(tags=[Tags.security, "settings"])
        if problem.level >= ERROR
    ]
    if problems:
        raise SystemExit(
            "The console does not start.\n" + "\n".join(str(problem) for problem in problems)
        )
