"""System checks that report each missing or wrong setting at start, with a hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Error, Tags, Warning, register, run_checks
from django.db import connections

from invocations.composing.pattern_text import pattern_text
from invocations.kaleyra.patterns import PatternError, compiled


@register("settings")
def settings_from_the_environment(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """One error for each problem that the settings found."""
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


@register(Tags.database)
def stored_patterns_can_be_read(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Names each value whose pattern was stored before RE2 read the patterns, and is none to RE2.

    Django runs it in `migrate` and in `check --database default`.
    """
    from invocations.models import Parameter  # the models are not loaded yet at import

    found: list[CheckMessage] = []
    for alias in databases or ():
        if Parameter._meta.db_table not in connections[alias].introspection.table_names():
            continue  # before the first `migrate`
        rows = Parameter.objects.using(alias).exclude(pattern="").order_by("channel", "key")
        for title, position, key, pattern in rows.values_list(
            "channel__workflow_instance__title", "channel__position", "key", "pattern"
        ):
            try:
                compiled(pattern)
            except PatternError as error:
                text = f"The pattern of {key!r}, send{position} of {title!r}, cannot be read."
                hint = f"{pattern_text(error)} Nothing is sent with this value until then."
                found.append(Warning(text, hint=hint, id="console.W022"))
    return found


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
