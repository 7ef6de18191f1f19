"""The bill of what the console runs on."""

import pytest

from tools.locks import ROOT, Pin, human_pins, locked
from tools.sbom import ALPINE, faults, of_runtime

HASH = "sha256:" + "0" * 64


def component(name, version="1"):
    return {"bom-ref": f"{name}=={version}", "name": name, "version": version, "type": "library"}


@pytest.fixture
def bill():
    """Of an environment with Django, what Django needs, and pytest."""
    return {
        "metadata": {"component": {"bom-ref": "root-component"}},
        "components": [component("Django", "5"), component("sqlparse"), component("pytest")],
        "dependencies": [
            {"ref": "Django==5", "dependsOn": ["sqlparse==1", "pytest==1"]},
            {"ref": "pytest==1"},
            {"ref": "sqlparse==1"},
        ],
    }


@pytest.fixture
def pins():
    pins = [
        Pin("django", "5", "", [HASH], ["requirements.txt"]),
        Pin("sqlparse", "1", "", [HASH], []),
        Pin("tzdata", "1", "sys_platform == 'win32'", [HASH], []),
    ]
    return {pin.name: pin for pin in pins}


def test_what_only_tests_need_is_left_out(bill, pins):
    made = of_runtime(bill, pins, {"django"})
    assert [one["name"] for one in made["components"]] == ["Django", "sqlparse", "csp"]
    assert {edge["ref"]: edge["dependsOn"] for edge in made["dependencies"]} == {
        "Django==5": ["sqlparse==1"],
        "sqlparse==1": [],
        "root-component": [ALPINE["bom-ref"], "Django==5"],
        ALPINE["bom-ref"]: [],
    }
    assert made["components"][0]["properties"][0]["value"] == HASH
    assert faults(made, pins) == []


def test_another_version_than_the_locks_or_a_missing_package_is_named(bill, pins):
    bill["components"][0]["version"] = "6"
    del bill["components"][1]
    assert faults(of_runtime(bill, pins, {"django"}), pins) == [
        "sqlparse is not installed.",
        "django is installed in version 6; the lock has 5.",
    ]


def test_the_library_in_static_has_the_version_that_its_readme_names():
    readme = (ROOT / "static/shell/README.md").read_text()
    assert f"`@alpinejs/csp` {ALPINE['version']}" in readme


def test_every_package_of_the_list_is_in_the_lock_that_the_bill_is_made_from():
    assert set(human_pins(ROOT / "requirements.txt")) <= set(locked(ROOT / "requirements.lock"))
