"""What reading changed in what was given, so that nothing changes unsaid."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """`channel` is the position (1 or 2) of the channel that it is about, or 0 for both."""

    code: str
    text: str
    channel: int = 0
    key: str = ""
    """Always empty: a note is about no single value. A `Finding` has one."""

    def as_json(self) -> dict[str, str | int | None]:
        """As `manage.py invoke --json` prints it. `channel` is null for both."""
        return {"code": self.code, "channel": self.channel or None, "text": self.text}
