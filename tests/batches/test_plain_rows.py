"""What is checked quickly is checked as the gate checks it."""

from __future__ import annotations

import os
import random
import unicodedata

import pytest

from invocations.batches.columns import ColumnMap
from invocations.batches.plain_channel import _LETTERS, _SIGNS, are_plain
from invocations.batches.recipient_file.rows import Row, text_faults
from invocations.batches.row_check import RowChecker, RowFound
from invocations.kaleyra.characters import is_invisible
from invocations.kaleyra.unlikely import unlikely
from invocations.models import Channel, Parameter, WorkflowInstance

SEED = int(os.environ.get("ROWS_SEED", random.randrange(10**6)))
COUNT = int(os.environ.get("ROWS", 400))
pytestmark = pytest.mark.django_db

WORDS = [
    *("Asha", "Rao", "KF-20418", "10:30", "null", "None", "n/a", "tbd", "NaN", "Nan", "#N/A"),
    *("true", "{{1}}", "{#var#}", "%name%", "[name]", "((x))", "Optional(1)", "&amp;", "Ã©", "â€™"),
    *("é", "ü", "अशा", "O’Brien", "😀", "\u200b", "\u202e", "\u00a0", "\t", "\n", "\x00", "  "),
    *("https://", "www.", "shop.example.com/", "//", "track/KF", "<b>", "=A1", "@x", "-2", "+1"),
    *(
        "https://t.example.com/KF?id=20418&n=1",
        "a_b",
        "_",
        "#1",
        "=",
        "x=y",
        "https://x.example/#n",
    ),
    *("Order", "name", "sample", "A" * 29, "B" * 31, "x" * 160, "€", "[", "0000-00-00", "blank"),
    *("customer", "gold", "silver", "12", "1234567890123456", "Id", "invalid date", "(null)", "?!"),
]
TEXTS = [
    ("Hello {{1}}, your {{2}} is late", "Hello {#var#}, {#var#} is late"),
    ("Hi {{name}} {{name}}: https://shop.example.com/{{order}}", "Hi {name}: {order} [ok] ~"),
    ("{{1}}{{2}}", "{#var#} {#var#}"),
    ("Dear {{1}} " + "x" * 900 + "{{2}}", "Dear {{1}} " + "y" * 140 + " {{2}}"),
    ("Grüße {{1}}, {{2}}", "Grüße ध {#var#} and {#var#}"),
    ("Plain {{1}} {{2}} %name%", "{#numeric#} {#var#}"),
    ("{{1}} {{2}}", "{#var#}{#var#}"),
]
RULES = [
    {},
    {"label": "Order"},
    {"sample": "sample", "max_length": 12},
    {"choices": "gold\nsilver\nKF-20418"},
    {"pattern": "[A-Za-z0-9-]+"},
    {"required": False, "default": "customer", "sample": "customer"},
]


def value(chosen: random.Random) -> str:
    if chosen.random() < 0.5:
        return chosen.choice(["Asha", "KF-20418", "Rao Dev", "10:30", "gold", "Köln", "अशा"])
    words = [chosen.choice(WORDS) for _ in range(chosen.randrange(4))]
    return chosen.choice(["", " "]).join(words)


def number(chosen: random.Random) -> str:
    digits = f"91{chosen.choice('6789')}{chosen.randrange(10**9):09}"
    spelled = [f"+{digits}", f"+{digits[:2]} {digits[2:7]}-{digits[7:]}", f"{digits}.0", digits[2:]]
    others = ["447400123456", "", "9.1E+11", "0" + digits[2:], "1800123456", "+1 415 555 0123"]
    return chosen.choice([digits] * 6 + spelled + others)


def workflow_with(chosen: random.Random, account, texts: tuple[str, str]) -> WorkflowInstance:
    workflow = WorkflowInstance.objects.create(
        account=account, title="x", workflow_instance_id=f"w-{chosen.randrange(10**9)}"
    )
    for position, (kind, text) in enumerate(zip(("whatsapp", "sms"), texts, strict=True), 1):
        more = {}
        if kind == "whatsapp" and chosen.random() < 0.3:
            more = {"header_text": "For {{1}}", "button_url": "https://shop.example.com/{{1}}"}
        channel = Channel.objects.create(
            workflow_instance=workflow, position=position, kind=kind, template_text=text, **more
        )
        for key in ("01", "02", "name", "order", "#param_url#"):
            if rules := chosen.choice(RULES):
                Parameter.objects.create(channel=channel, key=key, **rules)
    return workflow


PLACES = ("recipient", "01", "02", "name", "order", "reference", "#param_header#", "#param_url#")


def map_for(chosen: random.Random) -> ColumnMap:
    fixed = {"02": value(chosen)} if chosen.random() < 0.2 else {}
    fallbacks = {"01": "customer"} if chosen.random() < 0.3 else {}
    places = tuple("" if place in fixed else place for place in PLACES)
    if chosen.random() < 0.2:
        places = (*places, "recipient2")
    return ColumnMap(places, fixed, fallbacks)


@pytest.mark.parametrize("home", [None, "", "IN"])
@pytest.mark.parametrize("account_home", ["", "IN"])
@pytest.mark.parametrize("texts", TEXTS, ids=range(len(TEXTS)))
def test_a_row_is_found_the_same_with_and_without_the_quick_way(
    account, texts, account_home, home
) -> None:
    chosen = random.Random(f"{SEED}{texts}{account_home}{home}")
    account.home_country = account_home
    account.save()
    workflow = workflow_with(chosen, account, texts)
    columns = map_for(chosen)
    quick, slow = (RowChecker(workflow, columns, home) for _ in range(2))
    slow._plain = None
    slow._plain_numbers.read = lambda written: None  # type: ignore[method-assign]
    for _ in range(COUNT // 20):
        cells = [number(chosen), *(value(chosen) for _ in columns.places[1:])]
        row = Row(2, cells, text_faults(cells))
        found: RowFound = quick.check(row)
        assert found == slow.check(row), (row, columns, SEED)
        sent = quick.plain_sends(row)
        assert sent is None or not found.faults, (row, columns, SEED)
        assert sent is None or sent == quick.sends(row), (row, columns, SEED)


def test_most_rows_of_a_common_file_are_taken(workflow: WorkflowInstance) -> None:
    checker = RowChecker(workflow, ColumnMap(("recipient", "01")))
    assert checker._plain is not None
    for value in ("Asha", "KF-20418", "Mr. D'Souza", "10:30", "José", "आशा", "Rs 1,200 (paid)"):
        assert checker._plain.sms_parts(["919876512340", value]) == 1
        assert checker.plain_sends(Row(2, ["919876512340", value])) is not None


def test_plain_signs_are_seen_and_mean_nothing() -> None:
    import re

    plain = re.compile(f"[{_LETTERS}{_SIGNS}0-9 ]")
    for point in range(0x3000):
        char = chr(point)
        if plain.fullmatch(char):
            assert not is_invisible(char), hex(point)
            assert unicodedata.category(char) != "Cc", hex(point)
            assert char == " " or not char.isspace(), hex(point)


def test_no_value_that_is_unlikely_is_plain() -> None:
    chosen = random.Random(SEED)
    for _ in range(20 * COUNT):
        text = value(chosen)
        if are_plain([text]):
            assert unlikely(text) == "", (text, SEED)
