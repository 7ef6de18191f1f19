"""Hypothesis strategies for texts of templates, keys and values."""

from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
values = st.one_of(
    texts,
    st.sampled_from(
        [
            "{{1}}",
            "{{2}}",
            "{#var#}",
            "{name}",
            "{{name}}",
            "{{$1}}",
            "$1",
            r"\1",
            r"\g<0>",
            "%s",
            "{0}",
            "{}",
            "🎉👩‍👩‍👧",
            "שלום",
            "‮evil",
            "x" * 10_000,
        ]
    ),
)
keys = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12)
