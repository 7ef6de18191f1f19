"""Looks up known vulnerabilities of the packages in a lock, with pip-audit.

    .venv-audit/bin/python -m tools.vulnerabilities requirements.lock

Exit code 1 if there is one. Where the data cannot be reached it says so, and ends with 0: a machine
without access to them must be able to run the other checks.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, NamedTuple

TIMEOUT = 15
"""Seconds for each request."""
UNREACHABLE = (
    "The data about known vulnerabilities cannot be reached from here: "
    "NOTHING WAS LOOKED UP. Run `make audit` where pypi.org can be reached."
)


class Finding(NamedTuple):
    package: str
    version: str
    identifier: str
    fixed_in: str

    def __str__(self) -> str:
        remedy = f"fixed in {self.fixed_in}" if self.fixed_in else "no fix is known"
        return f"{self.package} {self.version}: {self.identifier} ({remedy})"


def main(lock: str) -> int:
    found = subprocess.run(  # noqa: S603  # its own words and a path of the Makefile
        [
            *(sys.executable, "-m", "pip_audit", "--requirement", lock, "--require-hashes"),
            *("--disable-pip", "--format", "json", "--progress-spinner", "off"),
            *("--timeout", str(TIMEOUT)),
        ],
        capture_output=True,
        text=True,
    )
    words, code = verdict(found.stdout)
    print(words)
    return code


def verdict(printed: str) -> tuple[str, int]:
    """What to say about pip-audit's JSON, and the exit code. It prints none if it broke down."""
    try:
        packages = json.loads(printed)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return UNREACHABLE, 0
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    findings = [finding for package in packages for finding in _findings(package)]
    if len(skipped) == len(packages):
        return UNREACHABLE, 0
    lines = [str(finding) for finding in findings]
    if skipped:
        lines.append(f"Not looked up, because the data do not know them: {', '.join(skipped)}.")
    looked_up = len(packages) - len(skipped)
    lines.append(f"{len(findings)} known vulnerabilities in {looked_up} packages.")
    return "\n".join(lines), int(bool(findings))


def _findings(package: dict[str, Any]) -> list[Finding]:
    return [
        Finding(package["name"], package["version"], each["id"], ", ".join(each["fix_versions"]))
        for each in package.get("vulns", [])
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
