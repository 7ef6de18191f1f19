"""Patterns that people configure: what compiles, what is refused, and how long a match takes."""

import time

import pytest

from invocations.kaleyra.patterns import MAX_MATCHED, LinearPattern, PatternError, compiled


@pytest.mark.parametrize(
    ("source", "code", "part"),
    [
        ("(?=a)b", "not_supported", "(?="),
        ("(?!a)b", "not_supported", "(?!"),
        ("(?<=a)b", "not_supported", "(?<="),
        ("(?<!a)b", "not_supported", "(?<!"),
        (r"(a)\1", "not_supported", r"\1"),
        ("(?P<a>x)(?P=a)", "not_supported", "(?P"),
        ("(?>a)", "not_supported", "(?>"),
        ("a++", "not_supported", "++"),
        ("a*+", "not_supported", "*+"),
        ("a{2}+", "not_supported", "{2}+"),
        ("(?x) a", "not_supported", "(?x"),
        (r"a\Z", "end", r"\Z"),
        (r"\u0041", "escape", r"\u"),
        (r"\h", "escape", r"\h"),
        ("a{,3}", "open_start", "{,3}"),
        ("a{,}", "open_start", "{,}"),
        ("[a-z", "bracket", "[a-z"),
        ("(a", "parenthesis", "(a"),
        ("a)", "parenthesis", "a)"),
        ("a\\", "backslash", ""),
        ("*a", "repeat", "*"),
        ("a**", "repeat", "**"),
        ("a{2000}", "repeats", "{2000}"),
        ("a{99999999999999999999}", "repeats", "{99999999999999999999}"),
        ("a{3,2}", "repeats", "{3,2}"),
        ("(a{1000}){1000}", "repeats", "{1000}"),
        ("[z-a]", "range", "z-a"),
        ("[[:foo:]]", "range", "[:foo:]"),
        (r"\p{Klingon}", "range", r"\p{Klingon}"),
        ("(?P<a>x)(?P<a>y)", "group_name", "a"),
        (r"((\pL{1,31}){1,31})", "too_large", ""),
        ("\ud800", "unreadable", ""),
    ],
)
def test_what_cannot_run_in_linear_time_or_cannot_be_read_is_refused_with_its_part(
    source, code, part
):
    with pytest.raises(PatternError) as refused:
        compiled(source)
    assert (refused.value.code, refused.value.part) == (code, part)


@pytest.mark.parametrize(
    ("source", "matches", "refuses"),
    [
        ("KF-[0-9]{5}", "KF-20418", "KF-2041"),
        ("a|b", "b", "ab"),
        ("a.b", "axb", "a\nb"),
        (r"[{,3}]+\{,3\}", "{,3}{,3}", "x"),
        (r"\pL+", "Žofie", "a1"),
        (r"\p{Devanagari}+", "नमस", "asha"),
        (r"\w+", "asha_1", "Žofie"),
        ("(?i)kf", "KF", "kg"),
        ("", "", "x"),
        (".*", "x" * MAX_MATCHED, "x" * (MAX_MATCHED + 1)),
        (".*", "x", "\ud800"),
    ],
)
def test_a_pattern_is_for_the_whole_value(source, matches, refuses):
    pattern = compiled(source)
    assert pattern.fullmatch(matches) and not pattern.fullmatch(refuses)


def test_a_search_looks_anywhere_and_may_ignore_case():
    assert compiled("request.?id.*already", ignore_case=True).search(
        "The Request ID is ALREADY used"
    )
    assert not compiled("request.?id.*already").search("Request ID ALREADY used")


def test_a_pattern_is_compiled_once():
    assert compiled("once") is compiled("once")
    assert compiled("once") == LinearPattern("once", None)


@pytest.mark.parametrize("source", ["([A-Za-z]+ ?)+", "(a|a)*b", "(a*)*b", r"(\w+\s*)+:", "(.*)*x"])
def test_a_pattern_that_would_freeze_re_answers_at_once(source):
    begun = time.thread_time()
    assert not compiled(source).fullmatch("a" * (MAX_MATCHED - 1) + "!")
    assert not compiled(source).search("a" * 5 * MAX_MATCHED)
    assert time.thread_time() - begun < 0.5


def test_a_wrong_pattern_writes_nothing_to_standard_error(capfd):
    with pytest.raises(PatternError):
        compiled("[never closed and never seen")
    assert capfd.readouterr() == ("", "")
