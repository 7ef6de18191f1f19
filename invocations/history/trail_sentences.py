"""A row of the trail as a sentence: who did what to what.

`SENTENCES` has every deed of `audit.verbs` but those about the set-up, which `change_sentences`
tells from the versions in the row.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.audit import verbs
from invocations.history import trail_person_words as people
from invocations.history import trail_words as words
from invocations.history.change import Change, Kind
from invocations.history.meanings import Text
from invocations.history.trail_rows import Related, facts_of
from invocations.history.trail_words import Deed, Details, Words
from invocations.models import TrailRow


@dataclass(frozen=True)
class Sentence:
    """`text` follows the person's name; `words` gives what stands in its braces."""

    kind: Kind
    text: Text
    words: Words = lambda deed: {}
    details: Details = lambda deed: []


def trail_change(row: TrailRow, related: Related) -> Change | None:
    """The line of a row; a deed of a later version of the console by its own word."""
    deed = Deed(row, facts_of(row), related)
    sentence = SENTENCES.get(row.verb) or Sentence(Kind.MESSAGES, row.verb.replace("_", " "))
    by = related.people.get(row.who_id)
    who = "" if by else who_did(row, related)
    return Change(
        row.at,
        by,
        sentence.kind,
        # Django wants at least one argument.
        format_html(str(sentence.text), **{"said": ""} | sentence.words(deed)),
        sentence.details(deed),
        is_console=not (by or who),
        who=who,
    )


def who_did(row: TrailRow, related: Related) -> str:
    """The name that the row has, of somebody who has no account any more or runs a command.

    Empty for a person with an account, and for the console itself.
    """
    if row.who_id in related.people:
        return ""
    if row.who_name:
        return row.who_name
    if user := facts_of(row).get("os_user"):
        return _("The command line (%(user)s)") % {"user": user}
    return _("Somebody") if row.verb == verbs.SIGN_IN_REFUSED else ""


_t = gettext_lazy
S = Sentence
SENTENCES: dict[str, Sentence] = {
    verbs.SENT: S(Kind.SENDS, "{says}", words.sent, words.send_details),
    verbs.TRIED_AGAIN: S(
        Kind.MESSAGES, _t("had {message} tried again with the same request ID"), words.message
    ),
    verbs.SETTLED: S(Kind.MESSAGES, _t("recorded that {verdict}: {message}"), words.message),
    verbs.CANCELLED: S(Kind.MESSAGES, _t("cancelled {message}"), words.message),
    verbs.ALL_CANCELLED: S(
        Kind.STOPS,
        _t("cancelled all that waited: {messages} messages"),
        lambda deed: {"messages": deed.fact("messages")},
    ),
    verbs.RESCHEDULED: S(
        Kind.MESSAGES, _t("changed the time of {message}"), words.message, words.times
    ),
    verbs.NOTE_ADDED: S(Kind.MESSAGES, _t("added a note to {message}"), words.message),
    verbs.FOLLOWED_UP: S(Kind.MESSAGES, _t("marked {message} as followed up"), words.message),
    verbs.RESULT_MATCHED: S(Kind.MESSAGES, _t("matched a result to {message}"), words.message),
    verbs.RESULT_SET_ASIDE: S(
        Kind.MESSAGES, _t("put aside a result without a message ({account})"), words.account
    ),
    verbs.BATCH_UPLOADED: S(
        Kind.SENDS, _t("uploaded {batch} ({workflow})"), words.batch, words.batch_details
    ),
    verbs.BATCH_STARTED: S(
        Kind.SENDS, _t("started {batch} ({workflow})"), words.batch, words.batch_details
    ),
    verbs.BATCH_PAUSED: S(Kind.SENDS, _t("paused {batch} ({workflow})"), words.batch),
    verbs.BATCH_RESUMED: S(Kind.SENDS, _t("resumed {batch} ({workflow})"), words.batch),
    verbs.BATCH_CANCELLED: S(Kind.SENDS, _t("cancelled {batch} ({workflow})"), words.batch),
    verbs.BATCH_SENT_AGAIN: S(
        Kind.SENDS,
        _t("made {batch} of rows to be sent again ({workflow})"),
        words.batch,
        words.batch_details,
    ),
    verbs.BATCH_DELETED: S(
        Kind.SENDS,
        _t("deleted a file of recipients that was not started ({workflow})"),
        words.batch,
    ),
    verbs.BATCH_EMPTIED: S(
        Kind.SENDS,
        _t("deleted the rows of {batch}, as their time is over ({workflow})"),
        words.batch,
    ),
    verbs.EXPORTED: S(
        Kind.FILES, _t("asked for an export of messages{rows}"), words.export, words.export_details
    ),
    verbs.DOWNLOADED: S(Kind.FILES, _t("downloaded {what}"), words.export, words.export_details),
    verbs.EXPORT_STOPPED: S(Kind.FILES, _t("stopped an export")),
    verbs.EXPORTS_DELETED: S(
        Kind.FILES, _t("deleted exports, as their time is over ({exports})"), words.export
    ),
    verbs.NUMBER_SEARCHED: S(
        Kind.FILES,
        _t("searched for a number that ends in {last_four} (digest {digest})"),
        words.number,
    ),
    verbs.NUMBER_REVEALED: S(Kind.FILES, "{says}", words.number_of, words.revealed),
    verbs.SIGNED_IN: S(Kind.SIGN_INS, _t("signed in")),
    verbs.SIGNED_OUT: S(Kind.SIGN_INS, _t("signed out")),
    verbs.SIGN_IN_REFUSED: S(
        Kind.SIGN_INS, _t("could not sign in as {thing}{because}"), people.person
    ),
    verbs.SESSION_ENDED: S(
        Kind.SIGN_INS, _t("ended the session of {thing}: {because}"), people.session
    ),
    verbs.PROVED_AGAIN: S(Kind.SIGN_INS, _t("proved again who they are ({by})"), people.person),
    verbs.PROOF_REFUSED: S(Kind.SIGN_INS, _t("could not prove who they are ({by})"), people.person),
    verbs.LOCKED_OUT: S(
        Kind.SIGN_INS, _t("locked {thing} out for a while: too many wrong passwords"), people.person
    ),
    verbs.UNLOCKED: S(Kind.SIGN_INS, _t("unlocked {thing}"), people.person),
    verbs.FACTOR_ADDED: S(
        Kind.SIGN_INS, _t("added a second factor of {thing} ({kind})"), people.person
    ),
    verbs.FACTOR_REMOVED: S(
        Kind.SIGN_INS, _t("removed a second factor of {thing} ({kind})"), people.person
    ),
    verbs.SIGN_IN_LINKED: S(
        Kind.SIGN_INS, _t("linked {thing} to a person at the provider"), people.person
    ),
    verbs.RIGHTS_FROM_PROVIDER: S(
        Kind.PEOPLE,
        _t("set the groups of {thing} as the provider says"),
        people.person,
        people.provider_details,
    ),
    verbs.PERSON_CHANGED: S(
        Kind.PEOPLE,
        "{says}",
        people.sentence_of_op(_t("added {thing}"), _t("deleted {thing}"), _t("changed {thing}")),
        people.person_details,
    ),
    verbs.GROUP_CHANGED: S(
        Kind.PEOPLE,
        "{says}",
        people.sentence_of_op(
            _t("added the group {thing}"),
            _t("deleted the group {thing}"),
            _t("changed the group {thing}"),
        ),
        people.person_details,
    ),
    verbs.RIGHTS_CHANGED: S(
        Kind.PEOPLE, _t("changed what {thing} may do"), people.person, people.person_details
    ),
    verbs.ADMIN_CHANGE_ASKED: S(
        Kind.PEOPLE,
        _t("asked a second admin to confirm a change of {thing}"),
        people.person,
        people.asked_details,
    ),
    verbs.ADMIN_CHANGE_CONFIRMED: S(
        Kind.PEOPLE,
        _t("confirmed a change of {thing} that another admin asked for"),
        people.person,
        people.asked_details,
    ),
    verbs.APPROVAL_ASKED: S(
        Kind.SENDS, _t("asked for approval of {wanted}"), words.wanted, words.batch_details
    ),
    verbs.APPROVED: S(Kind.SENDS, _t("approved {wanted}"), words.wanted, words.batch_details),
    verbs.REFUSED: S(Kind.SENDS, _t("refused {wanted}{said}"), words.wanted),
    verbs.APPROVAL_LAPSED: S(
        Kind.SENDS, _t("let the question about {wanted} lapse: nobody decided"), words.wanted
    ),
    verbs.APPROVAL_VOID: S(
        Kind.SENDS, _t("dropped the question about {wanted}: something has changed"), words.wanted
    ),
    verbs.APPROVAL_WITHDRAWN: S(
        Kind.SENDS, _t("withdrew the question about {wanted}"), words.wanted
    ),
    verbs.LISTED_NUMBER_ADDED: S(
        Kind.ACCOUNTS,
        _t("listed numbers that {account} may send to{said}"),
        words.listed,
        words.listed_details,
    ),
    verbs.LISTED_NUMBER_REMOVED: S(
        Kind.ACCOUNTS, _t("took a number off the list of {account}{said}"), words.listed
    ),
    verbs.WENT_LIVE: S(Kind.ACCOUNTS, _t("let {account} send to every number"), words.listed),
    verbs.DO_NOT_CONTACT_ADDED: S(
        Kind.MESSAGES,
        _t("put {numbers} on the do-not-contact list{said}"),
        words.unwanted,
        words.unwanted_details,
    ),
    verbs.DO_NOT_CONTACT_REMOVED: S(
        Kind.MESSAGES, _t("took {numbers} off the do-not-contact list{said}"), words.unwanted
    ),
    verbs.LIMIT_CHANGED: S(
        Kind.ACCOUNTS, _t("changed the limits of {thing}"), words.limit, words.limit_details
    ),
    verbs.PERSON_ERASED: S(
        Kind.MESSAGES,
        "{says}",
        words.begun(_t("began to erase a person"), _t("erased a person")),
        words.removed_details,
    ),
    verbs.PURGED: S(
        Kind.MESSAGES,
        _t("removed values and numbers of old messages"),
        details=words.removed_details,
    ),
    verbs.KEYS_ROTATED: S(
        Kind.ACCOUNTS,
        "{says}",
        words.begun(
            _t("began to encrypt everything under the newest key"),
            _t("encrypted everything under the newest key"),
        ),
    ),
    verbs.KEY_CHECKED: S(
        Kind.ACCOUNTS, _t("checked the API key {title} of {account}"), words.account
    ),
    verbs.CALLBACK_SECRET_MADE: S(
        Kind.ACCOUNTS, _t("made a results address for {account}"), words.account
    ),
    verbs.CALLBACK_SECRET_ENDED: S(
        Kind.ACCOUNTS, _t("ended the old results address of {account}"), words.account
    ),
    verbs.CALLBACK_TESTED: S(
        Kind.ACCOUNTS, _t("tested the results address of {account}"), words.account
    ),
    verbs.DATABASE_RESTORED: S(Kind.STOPS, _t("put the console to work on a restored database")),
    verbs.TRAIL_BROKEN: S(Kind.STOPS, _t("found that this list was altered")),
}

VERBS_OF: dict[Kind, list[str]] = {
    kind: [verb for verb, sentence in SENTENCES.items() if sentence.kind == kind] for kind in Kind
}
"""The deeds of each kind."""
