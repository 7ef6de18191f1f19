"""What is wrong with a message, in plain words, by the code of a finding.

Texts name no button, because a command has none. `FORM_TEXT` has those that say more beside the
rows of the send page's editor.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invocations.composing.findings import Finding
from invocations.kaleyra.limits import LimitFinding
from invocations.kaleyra.template_params import ParamsError

Text = str | Promise

NUMBER_TEXT: dict[str, Text] = {
    "empty": _("Enter the customer’s number."),
    "spreadsheet": _(
        "A spreadsheet has shortened this number. Copy it from the ticket, with all its digits."
    ),
    "not_digits": _(
        "A number has digits only. Take out letters and other signs, or type the digits 0 to 9."
    ),
    "no_country": _(
        "Write the country code instead of the 0 at the start, for example 91 for India."
    ),
    "too_short": _("Too few digits. Is the country code there, and the end of the number?"),
    "too_long": _("Too many digits for this country. Was something typed twice?"),
    "no_such_country": _(
        "No country has this code. Start with the country code, for example 91 for India."
    ),
    "impossible": _("This country has no numbers of this length. Check the digits."),
}


PARAMS_TEXT: dict[str, Text] = {
    "no_key": _("One value has no key. Give it a key, or leave it out."),
    "repeated_key": _(
        "The key “%(key)s” stands there twice. Kaleyra would use only one of the two values."
    ),
    "bad_key": _(
        "The key “%(key)s” has blanks around it, a control character, or more than 100 characters."
    ),
    "no_such_special_key": _(
        "“%(key)s” is none of Kaleyra’s three special keys: "
        "#verification_code#, #param_header#, #param_url#."
    ),
    "no_value": _(
        "“%(key)s” has no value. The customer would see a gap: give it a value, or leave it out."
    ),
    "bad_value": _("The value of “%(key)s” has a character that no message can carry."),
    "out_of_order": _(
        "Kaleyra sorts keys as text, so “%(key)s” would come before a smaller number and the "
        "values would land in the wrong places. Number the keys from 01."
    ),
    "json": _("This is no JSON: line %(line)s, column %(column)s: %(what)s."),
    "json_too_long": _("The JSON is too long: %(limit)s characters at most."),
    "json_too_deep": _("The JSON is nested too deep. Write one object of keys and texts."),
    "json_no_object": _(
        'Write one object of keys and texts, for example {"01": "Asha", "02": "KF-20418"}.'
    ),
    "not_a_number": _("%(constant)s is not allowed in JSON."),
    "not_strings": _("The value of “%(key)s” is not a text. Put it in quotes."),
}


LIMIT_TEXT: dict[str, Text] = {
    "dlt_too_long": _(
        "%(length)s characters. Indian SMS rules allow %(limit)s for one value: take out %(over)s."
    ),
    "dlt_angle": _("Indian SMS rules allow no < and no > in a value: take them out."),
    "dlt_double_blank": _("Two blanks in a row: Indian operators may refuse the SMS."),
    "code_too_long": _("%(length)s characters. A verification code has %(limit)s at most."),
    "code_url": _("A verification code may be no address."),
    "code_emoji": _("A verification code may hold no emoji."),
    "whatsapp_white_space": _(
        "WhatsApp refuses line breaks, tabs and four blanks in a row in a value."
    ),
    "capitals": _(
        "Kaleyra sorts capitals before small letters: “%(key)s” comes first. "
        "Number the keys from 01."
    ),
    "special_first": _(
        "In an SMS “%(key)s” is an ordinary value and sorts before the digits: "
        "it shifts the others by one."
    ),
    "mixed": _(
        "The text mixes numbered and named places. Kaleyra documents only one kind at a time."
    ),
    "single_brace_on_whatsapp": _("{name} works in an SMS only. Write {{name}} for WhatsApp."),
    "gap": _("The numbers of the places have a gap: values after it may shift."),
    "starts_not_at_one": _("The numbers of the places do not start at 1."),
}


FIELD_TEXT: dict[str, Text] = {
    "required": _("Fill this in: the template needs it."),
    "max_length": _("%(length)s characters. At most %(limit)s: take out %(over)s."),
    "pattern": _("This does not look as it should: %(pattern)s."),
    "choice": _("This is none of the choices."),
}
"""What an admin's rules for a value say (`models.Parameter`)."""

LINE_BREAK_TEXT = _("A line break or a tab in it became a blank.")

WORKFLOW_TEXT: dict[str, Text] = {
    "inactive": _("This workflow is turned off."),
    "channels": _("This workflow has no channels yet."),
    "other_channels": _("This workflow has other channels than were filled in."),
    "too_late": _("Its time would be over before it begins."),
}

FORM_TEXT: dict[str, Text] = {
    "no_key": _("One value has no key. Give it a key, or take the row away."),
    "no_value": _(
        "“%(key)s” has no value. The customer would see a gap: "
        "give it a value, or take the row away."
    ),
    "out_of_order": _(
        "Kaleyra sorts keys as text, so “%(key)s” would come before a smaller number and the "
        "values would land in the wrong places. Press “Number from 01”."
    ),
    "capitals": _(
        "Kaleyra sorts capitals before small letters: “%(key)s” comes first. "
        "Press “Number from 01”."
    ),
}
"""In the editor of the send page, while it shows rows and a button that numbers their keys."""


def params_text(error: ParamsError, *, in_rows: bool = False) -> str:
    """What is wrong with the parameters of one send.

    `in_rows`: for an editor that shows rows.
    """
    text = FORM_TEXT.get(error.code) if in_rows else None
    return str(text or PARAMS_TEXT[error.code]) % error.facts


def editor_text(finding: Finding, *, in_rows: bool) -> str:
    """A finding's text for the send page.

    `in_rows`: the key that it is about stands in an editor that shows rows.
    """
    text = FORM_TEXT.get(finding.code) if in_rows else None
    return str(text) % {"key": finding.key} if text else finding.text


def limit_text(finding: LimitFinding) -> str:
    """What a limit of a channel says."""
    text = LIMIT_TEXT.get(finding.code) or PARAMS_TEXT[finding.code]
    return str(text) % {"key": finding.key, **finding.facts}
