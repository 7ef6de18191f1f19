"""What is kept of an HTTP answer, whatever the shape of its fields."""

from datetime import UTC, datetime
from typing import Any

import pytest

from invocations.kaleyra.reply import read_timestamp

from .replies import reply
from .samples import accepted, rejected


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"errors": ["one", "two"]}, ("one", "two")),
        ({"errors": "one"}, ("one",)),
        ({"errors": None}, ()),
        ({"errors": []}, ()),
        ({"errors": {}, "error": {}}, ()),
        ({"error": {"body": "two"}}, ('{"body": "two"}',)),
        ({"errors": ["one", None, "", 7, {"a": "é"}, ["x"]]}, ("one", "7", '{"a": "é"}', '["x"]')),
        (
            {"errors": [str(number) for number in range(100)]},
            tuple(str(number) for number in range(20)),
        ),
    ],
)
def test_errors_are_texts_whatever_their_shape(
    fields: dict[str, Any], errors: tuple[str, ...]
) -> None:
    assert reply(400, fields).errors == errors


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("4AhJXi67XXXXXXXXXXFyQT ", "4AhJXi67XXXXXXXXXXFyQT"),
        ("a-b_c", "a-b_c"),
        (12345, "12345"),
        (None, ""),
        ("", ""),
        ("../../x", ""),
        ("<script>", ""),
        ("x" * 101, ""),
        ("a\nb", ""),
        ({"a": 1}, ""),
    ],
)
def test_an_invocation_id_is_kept_if_it_looks_like_one(sent: Any, kept: str) -> None:
    assert reply(202, accepted(workflowInvocationId=sent)).workflow_invocation_id == kept


def test_a_message_that_is_no_text_is_kept_as_json() -> None:
    assert reply(400, rejected(message={"text": "no"})).message == '{"text": "no"}'
    assert reply(400, rejected(message="")).message == ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-02-14T15:37:08.018123456Z", datetime(2025, 2, 14, 15, 37, 8, 18123, UTC)),
        ("2025-02-14T15:37:08Z", datetime(2025, 2, 14, 15, 37, 8, 0, UTC)),
        ("2025-02-14T15:37:08.018", datetime(2025, 2, 14, 15, 37, 8, 18000, UTC)),
        ("2025-02-14T21:07:08+05:30", datetime(2025, 2, 14, 15, 37, 8, 0, UTC)),
        ("2025-02-14T15:37:08.018XXXXXXX", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        ("1739547428", None),
        ("", None),
        ("\ud800", None),
    ],
)
def test_a_time_is_read_to_the_microsecond_or_not_at_all(
    text: str, moment: datetime | None
) -> None:
    assert read_timestamp(text) == moment
    assert reply(202, accepted(timestamp=text)).sent_at == moment
