"""Reads the environment and `.env`, as texts, lists and flags. No other module reads either."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import environ

from invocations.kaleyra.patterns import LinearPattern, PatternError, compiled


class SettingProblem(NamedTuple):
    """A variable that cannot be used: its name, what is wrong, and what to do."""

    name: str
    wrong: str
    hint: str


class Variables:
    """The variables of this process, and those of `env_file` that the process does not set."""

    def __init__(self, env_file: Path) -> None:
        self.problems: list[SettingProblem] = []
        self._env = environ.Env()
        if env_file.is_file():
            self._load(env_file)

    def _load(self, env_file: Path) -> None:
        lines = env_file.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, start=1):
            if line and not re.match(r"#|(export )?[A-Za-z_0-9]+=", line):
                self.add_problem(
                    ".env",
                    f"has a line {number} that is not NAME=value.",
                    "No blanks around the =; # begins a comment.",
                )
        # django-environ warns of such a line and quotes it, with any password in it.
        logging.getLogger("environ.environ").setLevel(logging.ERROR)
        self._env.read_env(env_file)

    def add_problem(self, name: str, wrong: str, hint: str) -> None:
        """As `SettingProblem`. Never quotes the value: it may be a password."""
        self.problems.append(SettingProblem(name, wrong, hint))

    def text(self, name: str, default: str = "") -> str:
        value: str = self._env.str(name, default=default)
        return value

    def items(self, name: str) -> list[str]:
        """The comma-separated items, without surrounding blanks and without empty ones."""
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, str(default)).strip().lower()
        if value in {"true", "1", "yes", "on"}:
            return True
        if value not in {"false", "0", "no", "off", ""}:
            self.add_problem(
                name, "is neither True nor False.", f"Write {name}=True or {name}=False."
            )
        return False

    def one_of(self, name: str, allowed: Iterable[str], *, default: str, hint: str) -> str:
        """One of `allowed`, which is found in upper and lower case alike."""
        given = self.text(name, default).lower()
        if found := next((each for each in allowed if each.lower() == given), None):
            return found
        self.add_problem(name, "is none of the values that it can have.", hint)
        return default

    def pattern(self, name: str) -> LinearPattern | None:
        """The regular expression, case-insensitive, or None if the variable is empty or wrong."""
        source = self.text(name)
        try:
            return compiled(source, ignore_case=True) if source else None
        except PatternError:
            self.add_problem(
                name,
                "is no regular expression that RE2 reads.",
                "RE2’s syntax (no lookahead such as (?=…), no backreference such as \\1), "
                "or leave it out for the usual words.",
            )
            return None
