"""Prints what the console runs on, as installed, in CycloneDX's JSON.

    .venv-audit/bin/python -m tools.sbom .venv/bin/python

The environment also holds what the tests need. Only what requirements.lock pins is listed, with the
hashes of the files that may be installed, and the one library that is in static/ itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tools.locks import ROOT, Pin, human_pins, locked, normalised

ALPINE: dict[str, Any] = {
    "bom-ref": "@alpinejs/csp==3.17.4",
    "type": "library",
    "group": "@alpinejs",
    "name": "csp",
    "version": "3.17.4",
    "purl": "pkg:npm/%40alpinejs/csp@3.17.4",
    "licenses": [{"license": {"id": "MIT"}}],
    "description": "static/unfold/js/alpine/alpine.js",
}


def main(python: str) -> int:
    made = subprocess.run(  # noqa: S603  # its own words and a path of the Makefile
        [
            *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"),
            *("--spec-version", "1.6", "--pyproject", str(ROOT / "pyproject.toml"), python),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    pins = locked(ROOT / "requirements.lock")
    bill = of_runtime(json.loads(made.stdout), pins, set(human_pins(ROOT / "requirements.txt")))
    if wrong := faults(bill, pins):
        print("\n".join([*wrong, "Run `make run` or `make test` first."]), file=sys.stderr)
        return 1
    print(json.dumps(bill, indent=2))
    return 0


def of_runtime(bill: dict[str, Any], pins: dict[str, Pin], direct: set[str]) -> dict[str, Any]:
    """`bill` of a whole environment without what is not pinned; `direct` hang on the console."""
    kept = [one for one in bill["components"] if normalised(one["name"]) in pins]
    for component in kept:
        hashes = pins[normalised(component["name"])].hashes
        component["properties"] = [
            {"name": "fallback-console:allowed-file", "value": each} for each in hashes
        ]
    refs = {one["bom-ref"] for one in kept}
    first = [one["bom-ref"] for one in kept if normalised(one["name"]) in direct]
    edges = [
        edge | {"dependsOn": sorted(refs.intersection(edge.get("dependsOn", [])))}
        for edge in bill["dependencies"]
        if edge["ref"] in refs
    ]
    root = bill["metadata"]["component"]["bom-ref"]
    edges.append({"ref": root, "dependsOn": sorted([*first, ALPINE["bom-ref"]])})
    edges.append({"ref": ALPINE["bom-ref"], "dependsOn": []})
    return bill | {"components": [*kept, ALPINE], "dependencies": edges}


def faults(bill: dict[str, Any], pins: dict[str, Pin]) -> list[str]:
    """What is installed in another version than the lock's, or not at all."""
    installed = {normalised(one["name"]): one["version"] for one in bill["components"]}
    missing = [
        f"{name} is not installed."
        for name, pin in pins.items()
        if name not in installed and not pin.marker
    ]
    other = [
        f"{name} is installed in version {installed[name]}; the lock has {pin.version}."
        for name, pin in pins.items()
        if name in installed and installed[name] != pin.version
    ]
    return missing + other


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
