"""Why a pasted text could not be read."""

from __future__ import annotations

from typing import Any

from invocations.kaleyra.payload import KEY_HEADER


class PasteError(ValueError):
    """No sends can be read from the text. `code` and `facts` say why; the caller words it.

    What is there instead of a body:

    - `too_long` (`limit`, in bytes), `nothing`, `table`, `no_json`
    - `no_body`: a curl command without a body; `body_in_file`: its body is `@name`
    - `several_bodies`: a curl command with more than one; `several_json` (`count`)
    - `not_readable`: JSON that is nested too deep, or an unclosed quote

    What is wrong with the body (`line`, `column`: in it, counted from 1):

    - `not_json` (`line`, `column`), `cut_off` (`line`): it ends before its last brace
    - `repeated_key` (`key`): a name twice in one object; JSON readers silently take the last value
    - `no_sends`: JSON without `send1`; `answer`: it is what the API answered
    - `not_an_object` (`key`): `send1` or `templateParams` is not an object
    - `too_many_values` (`count`, `limit`), of one send
    - `not_texts` (`key`): a value or the recipient is not a string
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def names_a_key(name: str) -> bool:
    """Whether a JSON name is the API key's header, in any spelling, or begins with it.

    Such a name may be a whole header line, with the key in it.
    """
    letters = "".join(c for c in name.casefold() if c.isalnum())
    return letters.startswith(("apikey", "xapikey"))


def shown_name(name: str) -> str:
    """`name` as it may be shown: without an API key."""
    return KEY_HEADER if names_a_key(name) else name
