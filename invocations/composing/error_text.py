"""What is wrong with a message, in plain words, by the code of a finding.

Texts name no button, because a command has none. `FORM_TEXT` has those that say more beside the
rows of the send page's editor.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invocations.composing.findings import Finding
from invocations.kaleyra.limit_finding import LimitFinding
from invocations.kaleyra.number_text import RecipientError
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
    "not_as_sent": _(
        "Some of these digits are not sent. Type the number as it is dialled from abroad, "
        "with its country code."
    ),
    "masked": _("Digits of this number are hidden. Type the whole number, with its country code."),
    "decimal": _(
        "“%(seen)s” at the end looks like the decimals of an amount. Type the number without it; "
        "or without the sign, if its digits belong to the number."
    ),
    "comma": _("There is a comma in the number. Type one number, without commas."),
    "slash": _(
        "“%(seen)s” may be an extension or a second number. Type one number, without the slash."
    ),
    "brackets": _(
        "A bracket in the number is neither around its area code nor around a 0. "
        "Type the number alone, without the bracket."
    ),
    "extension": _(
        "This number has an extension, which no message can be sent to. Type a mobile number."
    ),
    "several_numbers": _("There is more than one number here. Type one alone."),
    "line_break": _("There is a line break in the number. Type one number, on one line."),
    "plus": _("A + may stand once, before the country code. Take out the other, or move it there."),
    "tail": _(
        "The digits before “%(seen)s” are a complete number already. Take “%(seen)s” out if it is "
        "an extension or a note; if it belongs to the number, type all digits without a break."
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
        "The key “%(key)s” is there twice. Kaleyra would use only one of the two values."
    ),
    "bad_key": _(
        "The key “%(key)s” has spaces around it, a control character, or more than 100 characters."
    ),
    "no_such_special_key": _(
        "“%(key)s” is not one of Kaleyra’s three special keys: "
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
    "json": _("This is not JSON: line %(line)s, column %(column)s: %(what)s."),
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
    "dlt_run_too_long": _(
        "%(length)s characters. Indian SMS rules allow %(limit)s here: take out %(over)s."
    ),
    "dlt_tag_too_long": _(
        "%(length)s characters. Indian operators may allow %(limit)s at most here: %(over)s fewer."
    ),
    "dlt_numeric": _("This place is for a number: Indian operators may refuse all but digits."),
    "dlt_alphanumeric": _(
        "This place is for letters and digits: Indian operators may refuse other signs."
    ),
    "dlt_url": _(
        "This place is for a web address, and this is not one. Indian operators may refuse it."
    ),
    "dlt_email": _(
        "This place is for an email address, and this is not one. Indian operators may refuse it."
    ),
    "dlt_cbn": _(
        "This place is for a number to call back, and this is not one. Indian operators may"
        " refuse it."
    ),
    "dlt_angle": _("Indian SMS rules allow no < and no > in a value: take them out."),
    "dlt_double_blank": _("Two spaces in a row: Indian operators may refuse the SMS."),
    "code_too_long": _("%(length)s characters. A verification code has %(limit)s at most."),
    "code_url": _("A verification code cannot be a web address."),
    "code_emoji": _("A verification code cannot contain emoji."),
    "whatsapp_white_space": _(
        "WhatsApp refuses line breaks, tabs and four spaces in a row in a value."
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


DOUBT_TEXT: dict[str, Text] = {
    "not_a_place": _(
        "The customer reads %(pieces)s exactly like this: it is not a place for a value. An"
        " admin can correct the text on the workflow’s page."
    ),
    "not_places": _(
        "The customer reads %(pieces)s exactly like this: they are not places for values. An"
        " admin can correct the text on the workflow’s page."
    ),
    "header_too_long": _(
        "The header has %(length)s characters. WhatsApp allows %(limit)s: take out %(over)s."
    ),
    "body_too_long": _(
        "The message has %(length)s characters. WhatsApp allows %(limit)s: take out %(over)s."
    ),
    "place_in_value": _("Is this right? It has a place that was not filled in."),
    "empty_word": _("Is this right? It is what programs write where a value is missing."),
    "spreadsheet_error": _("Is this right? It is the error of a spreadsheet."),
    "object_value": _("Is this right? It is what a program writes in place of a text."),
    "garbled_value": _(
        "Is this right? A program has changed signs in it: the customer would read “&amp;” for “&”."
    ),
    "label_value": _("Is this right? It is the name of the value, not a value."),
    "sample_value": _("Is this right? It is still the example."),
    "address_twice": _(
        "The template already has the beginning of the address: type only what follows it."
    ),
}
"""Cautions of `composing.value_doubts`."""

UNSEEN_TEXT: dict[str, Text] = {
    "key_cleaned": _("An invisible character was taken out of the key “%(key)s”."),
    "code_cleaned": _("An invisible character was taken out of the code."),
    "unseen_in_key": _("There is an invisible character in the key “%(key)s”. Type the key again."),
    "unseen_in_code": _("There is an invisible character in the code. Type the code again."),
    "unseen_character": _(
        "There is an invisible character in this value, which the customer gets too. Type it"
        " again if "
        "it was copied."
    ),
    "writing_direction": _(
        "An invisible mark changes the writing direction: the customer may read this value"
        " backwards."
        " Type it again if it was copied."
    ),
}
"""Findings of `composing.unseen_characters`."""

FIELD_TEXT: dict[str, Text] = {
    "required": _("Fill this in: the template needs it."),
    "max_length": _("%(length)s characters. At most %(limit)s: take out %(over)s."),
    "too_short_for_places": _(
        "Too short: the text has %(places)s places side by side for this value, and each needs at "
        "least one character."
    ),
    "pattern": _("This does not fit the rule: %(pattern)s."),
    "pattern_unreadable": _(
        "The rule for this value cannot be read, so the value cannot be checked. "
        "An admin has to correct it on the workflow’s page."
    ),
    "choice": _("This is not one of the choices."),
}
"""What an admin's rules for a value say (`models.Parameter`)."""

LINE_BREAK_TEXT = _("A line break or a tab in it became a space.")

WORKFLOW_TEXT: dict[str, Text] = {
    "inactive": _("This workflow is off the send page."),
    "channels": _("This workflow has no channels yet."),
    "other_channels": _("The channels filled in are not those of this workflow."),
    "draft": _(
        "This workflow is a draft. It goes to practice and to your team’s own numbers only. "
        "Store yours as “My number”, or have an admin make the workflow live."
    ),
    "tested": _(
        "This workflow is tested but not live yet. It goes to practice and to your team’s own "
        "numbers only. An admin can make it live."
    ),
    "too_late": _("It would expire before it could leave."),
    "too_far_ahead": _("This is more than 180 days ahead. Choose an earlier day."),
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


def number_text(error: RecipientError) -> str:
    """Why a typed number cannot be sent to, and what to do. May quote its last few digits."""
    return str(NUMBER_TEXT[error.code]) % {"seen": error.seen}


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
