"""The kill harness in short: the product passes it, and products with a bug do not."""

import subprocess
import sys

import pytest

from tests.faults.harness import BUGS

SHORT = ("--invocations=120", "--kills=15", "--workers=3", "--most-seconds=120")
WITHOUT_KILLS = (
    "--seed=7",
    "--invocations=60",
    "--kills=0",
    "--workers=2",
    "--rate=0.5",
    "--tail=2",
    "--patience=5",
    "--most-seconds=60",
)


def harness(*options):
    """The run's exit code, the numbers that went bad, and all that it said."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults.harness", *options],
        capture_output=True,
        text=True,
        timeout=600,
    )
    last = run.stdout.strip().rpartition("\n")[2]
    return run.returncode, last.removeprefix("BAD: ").split("; "), run.stdout + run.stderr


def test_nothing_is_lost_or_sent_twice_or_shown_wrongly_while_workers_are_killed():
    code, found, said = harness(*SHORT, "--batch-rows=60")
    assert (code, found) == (0, ["GOOD"]), said


def test_where_a_repeated_id_is_a_second_message_nothing_is_sent_twice_either():
    code, found, said = harness(*SHORT, "--dedupe=off")
    assert (code, found) == (0, ["GOOD"]), said


def test_workers_that_are_restarted_in_turn_end_cleanly_and_leave_nothing():
    code, found, said = harness(*SHORT, "--gently")
    assert (code, found) == (0, ["GOOD"]), said


def test_nothing_is_sent_twice_while_targets_move_or_after_a_copy_is_restored():
    code, found, said = harness(*SHORT, "--moves=2", "--restores=1")
    assert (code, found) == (0, ["GOOD"]), said


# One of each kind, for a run takes most of a minute. `make crash-test-bugs` has them all.
@pytest.mark.parametrize(
    "bug", ["live_target", "no_mark", "fresh_id", "doubt_is_not_sent", "skipped_rows"]
)
def test_a_product_with_a_bug_is_caught(bug):
    code, found, said = harness(*WITHOUT_KILLS, f"--bug={bug}", *BUGS[bug].options)
    assert code == 1 and BUGS[bug].by in found, said


def test_an_account_that_asks_again_where_ids_are_not_remembered_is_caught():
    code, found, said = harness(*WITHOUT_KILLS, "--dedupe=off", "--policy=same_id")
    assert code == 1 and "sent twice" in found, said


def test_what_a_person_sends_over_the_web_survives_kills_of_the_web_server():
    code, found, said = harness(
        *("--invocations=40", "--kills=6", "--workers=2", "--most-seconds=240"),
        *("--batch-rows=40", "--web-kills=3"),
    )
    assert (code, found) == (0, ["GOOD"]), said


def test_a_web_server_that_loses_results_is_caught():
    code, found, said = harness(
        *WITHOUT_KILLS[:1],
        "--invocations=20",
        "--kills=0",
        "--workers=2",
        "--tail=1",
        "--bug=lost_results",
        *BUGS["lost_results"].options,
    )
    assert code == 1 and BUGS["lost_results"].by in found, said
