"""Whether an error text says that the request id was used before.

The seed says that an id cannot be submitted again, but the wording of that error is undocumented.
A text that is mistaken for it would show a message as accepted that Kaleyra may never have taken.
So a clause counts only if every word of it is known, it is about the request id, and it says that
the id was used, received or processed. Everything else settles nothing: "no template exists",
"must be unique", "the recipient was already opted out".
"""

from __future__ import annotations

import re

MAX_WORDS = 40
"""Words of a clause. A longer one is no plain statement."""


def says_id_was_used(text: str, request_id: str) -> bool:
    """Whether a clause of `text` says that `request_id`, or "the request id", was used before.

    False if another clause says that it was not. What is conditional, a rule, or about an id with
    another value does not count.
    """
    is_said = False
    for sentence in _SENTENCE_END.split(text):
        words = _words(sentence, request_id)
        if not words or _CONDITION.search(words):
            continue
        for clause in (words.replace("| ", ""), *words.split("| ")):
            if clause.count(" ") > MAX_WORDS:
                continue
            if _DENIAL.fullmatch(clause):
                return False
            is_said = is_said or _STATEMENT.fullmatch(clause) is not None
    return is_said


# --- the words of a sentence ----------------------------------------------------------------------

# A full stop inside a value, a time or a number ends no sentence.
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[;\n\r]")
_ID_NAME = re.compile(r"\brequest[\s_-]{0,3}id(?:entifier)?\b|\bthis id\b")
_PHRASES = (
    (re.compile(r"\b(?:not|non|isn't)[ -]unique\b"), " duplicate "),
    (re.compile(r"\bin[ -](?:use|progress|flight)\b"), " in_use "),
    (re.compile(r"\bbeing (?:processed|handled|executed)\b"), " in_use "),
    (re.compile(r"\bre-(?=used?\b)"), " re"),
    (re.compile(r"\bcan not\b|\bcan't\b"), " cannot "),
    (re.compile(r"(?<=[a-z])n't\b"), " not "),
    (re.compile(r"\b(?:an)?other (?=(?:request|invocation|execution|call)\b)"), " "),
    (re.compile(r"\b(?:because|since|as|and|due to)\b|[,–—]|\s-\s"), " | "),
)
_PUNCTUATION = re.compile(r"[^\w|.:+*•…-]+|(?<!\w)[.:+-]+|[.:+-]+(?!\w)")
_SHORT_VALUE = 8
"""A value with fewer characters may stand for any id, such as "[x]" in an example."""
_MASK = frozenset("x*•…")


def _words(sentence: str, request_id: str) -> str:
    """The sentence in words, each with a blank behind it; empty if it names no request id.

    `ID` is the name "request id", `OWN` the value of this one, `VALUE` a value that may stand for
    it, `OTHER` one that cannot, and `|` separates clauses.
    """
    own = request_id.lower()
    text = sentence.lower().replace("\u2019", "'").replace(own, " OWN ")
    text = _ID_NAME.sub(" ID ", text.replace(own.replace("-", ""), " OWN "))
    if "ID" not in text and "OWN" not in text:
        return ""
    for pattern, replacement in _PHRASES:
        text = pattern.sub(replacement, text)
    words = _PUNCTUATION.sub(" ", text).replace("|", " | ").split()
    return "".join(f"{_value(word, own) if _is_value(word) else word} " for word in words)


def _is_value(word: str) -> bool:
    return any(character.isdigit() for character in word) or (len(word) == 1 and word not in "a|i")


def _value(word: str, own: str) -> str:
    word = word.rstrip(".…")
    is_like_own = len(word) < _SHORT_VALUE or all(
        mine == other or other in _MASK for mine, other in zip(own, word, strict=False)
    )
    return "VALUE" if is_like_own else "OTHER"


# --- what a clause may be -------------------------------------------------------------------------


def _any(words: str) -> str:
    return f"(?:(?:{'|'.join(words.split())}) )"


_CONDITION = re.compile(
    r"\b(?:or|either|if|whether|when|unless|may|might|could|would|possibly|maybe|perhaps|probably"
    r"|but|however|although|though|except|must|should|shall|than|like)\b"
)
_ALREADY = _any("already previously before earlier twice formerly")
_BE = _any("is was has have had been being got")
_THE = _any("the this that a an your our same given provided supplied specified submitted")
_REQUEST = _any("request invocation execution submission transaction record entry call run message")
_FLOW = _any("workflow flow fallback")
_WITH = _any("with for having under of using by")
_WHO = _any("we you kaleyra server it system")
_USED = _any("used exists existing exist taken consumed in_use reused")
_TAKEN = _any(
    "received processed submitted accepted sent seen registered recorded handled executed invoked"
    " posted stored saved known present completed triggered queued running active pending started"
    " assigned claimed reserved made"
)
"""Says that the id was used only together with "already"."""
_DUPLICATE = _any("duplicate duplicated duplicates dup repeated reused reuse")
_LEAD = _any(
    "error conflict bad request validation failed rejected refused failure reason cause detail"
    " details params param code http VALUE"
)
_GAVE = f"(?:you (?:have )?{_any('provided sent submitted supplied gave')})"
_VALUED_ID = f"(?:{_THE}{{0,4}}(?:ID )?(?:OWN |VALUE ))"
_ITS_ID = f"(?:{_THE}{{0,4}}(?:ID (?:OWN |VALUE )?|OWN ){_GAVE}?)"
_ITS_REQUEST = f"(?:{_THE}{{0,3}}{_FLOW}?{_REQUEST}{_WITH}?{_ITS_ID})"
_ITS_FLOW = f"(?:{_THE}{{0,3}}{_FLOW}(?:instance )?{_WITH}{_ITS_ID})"
_IT = f"(?:{_ITS_ID}|{_ITS_REQUEST})"
_IS_USED = f"(?:{_BE}{{0,2}}{_ALREADY}?{_BE}?{_USED}(?:{_ALREADY}|again ){{0,2}})"
_IS_TAKEN = f"(?:{_BE}{{0,2}}{_ALREADY}{_BE}?{_TAKEN}{_ALREADY}?|{_BE}{{1,2}}{_TAKEN}{_ALREADY})"
_IS_DUPLICATE = f"(?:{_BE}?{_ALREADY}?(?:a )?{_DUPLICATE})"
_WHEN = (
    f"(?:{_any('at on in within today')}"
    f"{_any('the last past few hours hour minutes minute days day VALUE OTHER')}{{0,5}})"
)
_BY = (
    f"(?:{_any('by with for')}(?:a |an |the |this |previous |earlier ){{0,3}}"
    f"{_REQUEST}(?:VALUE |OTHER )?)"
)
# "for another workflow" or "in the blocklist" says something else of the id.
_AT = f"(?:by us |{_any('in by')}(?:the |our )?{_any('system database')})"
_WHERE = f"(?:{_BY}?{_AT}?{_WHEN}?)"

_STATEMENTS = (
    # The request id was already used. A request with this request id exists.
    f"(?:{_IT}|{_ITS_FLOW})(?:{_IS_USED}|{_IS_TAKEN}|{_IS_DUPLICATE}){_WHERE}",
    # As PostgreSQL says it: Key (request_id)=(…) already exists.
    f"key ID OWN {_ALREADY}exists ",
    # Duplicate request id. Duplicate request with this request id.
    f"{_THE}{{0,2}}{_DUPLICATE}(?:value for |of |(?:for )?{_REQUEST}{_WITH}?)?{_ITS_ID}"
    f"{_BE}?{_any('found detected received submitted')}?",
    f"{_THE}{{0,2}}{_DUPLICATE}{_VALUED_ID}(?:is )?not allowed ",
    # A request already exists for this request id. This request was already processed: id.
    f"{_THE}{{0,3}}{_FLOW}?{_REQUEST}(?:{_IS_USED}|{_IS_TAKEN}){_WITH}?{_ITS_ID}{_WHERE}",
    f"{_THE}?{_FLOW}{_IS_USED}{_WITH}{_ITS_ID}{_WHERE}",
    f"there (?:{_BE}{{1,2}}{_ALREADY}|{_ALREADY}?exists ){_IT}",
    # We have already received this request id. Already processed: request id.
    f"{_WHO}?{_BE}?{_ALREADY}{_BE}?(?:{_USED}|{_TAKEN}){_BE}?{_IT}{_WHERE}",
    f"{_USED}{_ALREADY}{_BE}?{_IT}{_WHERE}",
    # The request id cannot be used again. The seed: "You cannot submit a request with the same
    # request ID again."
    f"{_WHO}?cannot {_any('submit reuse use send')}{_IT}again ",
    f"{_ITS_ID}cannot be (?:reused |{_any('used submitted sent')}(?:again |twice ))",
)
_STATEMENT = re.compile(f"{_LEAD}{{0,4}}(?:{'|'.join(_STATEMENTS)})")
_NOT = (
    f"(?:(?:{_BE}|does |do |did ){{0,2}}{_any('not never no')}"
    f"{_any('is was been be yet longer')}{{0,2}})"
)
_DENIAL = re.compile(
    f"{_IT}{_NOT}(?:found |{_USED}|{_TAKEN})(?:{_ALREADY}|yet )?"
    f"|no (?:such )?{_IT}{_BE}?(?:found |{_USED}|{_TAKEN})"
)
