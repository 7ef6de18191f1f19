"""What to know about a number before sending: another country's, or one that takes no messages.

Texts hold masked numbers, because a command prints them. The full number that is meant otherwise is
among the facts: the send page offers it to the person who typed the digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from invocations.composing.findings import Finding, Severity
from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import Recipient

NOT_HOME_COUNTRY, ALSO_NATIONAL = "not_home_country", "also_national"
_NO_COUNTRY = "001"
"""The region of international numbers such as +800, which belong to no country."""

KIND_TEXT: dict[str, str | Promise] = {
    "landline": gettext_lazy("%(number)s is a landline."),
    "toll_free": gettext_lazy("%(number)s is a toll-free number."),
    "premium": gettext_lazy("%(number)s is a premium-rate number."),
    "shared_cost": gettext_lazy("%(number)s is a shared-cost number."),
    "company_number": gettext_lazy("%(number)s is a company’s national service number."),
    "voicemail": gettext_lazy("%(number)s is a voicemail box. Is there a digit too many?"),
    "pager": gettext_lazy("%(number)s is a pager."),
}
"""By kind (`recipients.KINDS`), which is the finding's code: messages usually do not reach them."""


def of_home_country(found: Sequence[Recipient], home: str) -> Iterator[Finding]:
    """A number outside the region `home` of the account; nothing without a home country.

    Asks a person if its digits are also a number of `home` without the country code. Then the fact
    `home_number` is that `Recipient`. In few countries (Italy's +39 and its mobile numbers with
    390) a number of `home` has two readings, too: code `also_national`.
    """
    different = list(dict.fromkeys(found)) if home else []
    for number in different:
        at_home = recipients.home_reading(number.digits, home)
        if number.region == home and at_home is None:
            continue
        yield Finding(
            ALSO_NATIONAL if number.region == home else NOT_HOME_COUNTRY,
            Severity.CAUTION,
            _home_text(number, home, at_home),
            channel=found.index(number) + 1 if len(different) > 1 else 0,
            asks=at_home is not None,
            facts={"home_number": at_home, "digits": number.digits},
        )


def _home_text(number: Recipient, home: str, at_home: Recipient | None) -> str:
    language = get_language() or "en"
    facts = {
        "number": recipients.mask(number.formatted),
        "country": recipients.country(number.region, language),
        "home": recipients.country(home, language),
        "home_number": recipients.mask(at_home.formatted) if at_home else "",
    }
    if at_home:
        words = _(
            "%(number)s is a number of %(country)s. Without a country code, the same digits are "
            "one of %(home)s, the account’s home country: %(home_number)s. Which one is right?"
        )
    elif number.region == _NO_COUNTRY:
        words = _("%(number)s is an international number, and not one of %(home)s.")
    else:
        words = _(
            "%(number)s is a number of %(country)s, not of %(home)s, the account’s home country."
        )
    return words % facts


def of_kinds(found: Sequence[Recipient]) -> Iterator[Finding]:
    """Landlines and other numbers at which an SMS or a WhatsApp message usually fails."""
    for number in dict.fromkeys(found):
        if words := KIND_TEXT.get(number.kind):
            what = str(words) % {"number": recipients.mask(number.formatted)}
            text = _("%(what)s SMS and WhatsApp messages usually do not arrive there.")
            yield Finding(number.kind, Severity.CAUTION, text % {"what": what})
