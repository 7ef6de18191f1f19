"""The locks: what the human lists say, with hashes, and without this machine's addresses."""

import re

import pytest

from tools.locks import ROOT, human_pins, locked

INSTALLED = ["requirements", "requirements-dev", "requirements-audit"]
LISTS = [*INSTALLED, "requirements-sign-in"]
each_list = pytest.mark.parametrize("name", LISTS)


@each_list
def test_a_lock_has_what_its_list_says(name):
    human, pins = human_pins(ROOT / f"{name}.txt"), locked(ROOT / f"{name}.lock")
    assert human and {each: pins[each].version for each in human if each in pins} == human


@each_list
def test_a_lock_has_nothing_that_no_list_and_no_package_asks_for(name):
    pins = locked(ROOT / f"{name}.lock")
    direct = {each for each, pin in pins.items() if f"{name}.txt" in pin.asked_by}
    assert direct == set(human_pins(ROOT / f"{name}.txt"))
    text = (ROOT / f"{name}.lock").read_text()
    assert text.count("# via") == len(pins)


@each_list
def test_each_line_of_a_lock_has_hashes(name):
    pins = locked(ROOT / f"{name}.lock")  # raises where a line has none
    assert len(pins) > 20 and all(pin.hashes for pin in pins.values())
    text = (ROOT / f"{name}.lock").read_text()
    expected = r"^ *#.*$|^[\w.-]+==.* \\$|^    --hash=sha256:[0-9a-f]{64}(?: \\)?$"
    others = re.sub(expected, "", text, flags=re.MULTILINE)
    assert not others.strip()


@pytest.mark.parametrize(
    "name", [*(f"{each}.lock" for each in LISTS), "tests/edges/observatory/package-lock.json"]
)
def test_a_lock_names_no_registry_and_no_place_on_this_machine(name):
    text = (ROOT / name).read_text()
    assert not re.search(r"--(?:extra-)?index|--find-links|--trusted|file:|\"resolved\"", text)
    text = re.sub(r'"url": "https://[^"]+"', "", text)  # npm: whom to give money
    assert not re.search(r"https?://|(?<![\w@.^*<>=-])/(?:opt|tmp|home|root|work|usr|var)\b", text)


def test_the_tests_run_on_what_the_console_runs_on():
    runtime, dev = locked(ROOT / "requirements.lock"), locked(ROOT / "requirements-dev.lock")
    assert {name: pin.version for name, pin in runtime.items()} == {
        name: dev[name].version for name in runtime
    }
    assert {name: pin.hashes for name, pin in runtime.items()} == {
        name: dev[name].hashes for name in runtime
    }


def test_every_python_from_3_11_on_is_locked():
    """redis needs one package more before 3.11.3; Windows needs time zones."""
    pins = locked(ROOT / "requirements.lock")
    assert pins["async-timeout"].marker == "python_full_version < '3.11.3'"
    assert "win32" in pins["tzdata"].marker


def test_environments_are_made_from_locks_with_hashes_alone():
    makefile = (ROOT / "Makefile").read_text()
    assert "--require-hashes --requirement" in makefile
    assert re.findall(r"\$\(INSTALL\) (\S+)", makefile) == [f"{each}.lock" for each in INSTALLED]
    assert not re.search(r"pip install(?!.*--require-hashes).*requirement", makefile)
