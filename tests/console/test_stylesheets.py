"""static/console/: pages link its files in order, and no class is dead, in either direction."""

import re
from pathlib import Path

import pytest
import unfold
from django.contrib import admin

from invocations.admin.site import STYLESHEETS
from invocations.models import Channel

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
UNFOLD = Path(unfold.__file__).parent
FILES = {path.stem: path for path in sorted((STATIC / "console").glob("*.css"))}
ERROR_PAGE = ROOT / "templates" / "error.html"

FROM_CONTEXT = {*Channel.Kind.values, "wide", "narrow", "soft"}
"""Values of `class="bubble {{ bubble.channel.kind }}"`, of `class="graph {{ size }}"` and of
`class="mode {{ size }}"`."""
SET_BY_OTHERS = {"dark", "htmx-request"}
"""Set by Unfold's theme switch and by htmx, and used outside shell.css."""


def files_of(folder, *suffixes):
    return [path for path in Path(folder).rglob("*") if path.suffix in suffixes]


def source_of(folder, *suffixes):
    return "\n".join(path.read_text(errors="replace") for path in files_of(folder, *suffixes))


def without_comments(css):
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def classes_in_css(css):
    """The names of class selectors: `.a:not(.b)`, and Tailwind's `.checked\\:c` as `checked:c`."""
    css = re.sub(r'"[^"]*"', '""', without_comments(css))
    preludes = re.findall(r"([^{};]+)\{", css)
    selectors = " ".join(prelude for prelude in preludes if not prelude.strip().startswith("@"))
    names = re.findall(r"\.((?:[A-Za-z_-]|\\.)(?:[\w-]|\\.)*)", selectors)
    return {name.replace("\\", "") for name in names}


def classes_in_html(html):
    """The names in class attributes, of a template or of HTML in Python."""
    html = re.sub(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", " ", html, flags=re.DOTALL)
    return {name for value in re.findall(r'class="([^"]*)"', html) for name in value.split()}


def classes_set_by(code):
    """The names that a script or a form sets: `classList.add("a", "b")`, `{"class": "a"}` …"""
    calls = re.findall(r"classList\.\w+\(([^)]*)\)", code)
    values = [value for call in calls for value in re.findall(r'"([^"]*)"', call)]
    values += re.findall(r'className = "([^"]*)"', code)
    values += re.findall(r'"class": "([^"]*)"', code)
    return {name for value in values for name in value.split()}


TEMPLATES = source_of(ROOT / "templates", ".html")
PYTHON = "\n".join(
    path.read_text()
    for path in files_of(ROOT / "invocations", ".py")
    if "sandbox" not in path.parts  # its page has a stylesheet of its own
)
SCRIPTS = "\n".join(
    path.read_text() for path in [*STATIC.glob("*.js"), *(STATIC / "shell").glob("*.js")]
)
USED = (
    classes_in_html(TEMPLATES)
    | classes_in_html(PYTHON)
    | classes_set_by(SCRIPTS)
    | classes_set_by(PYTHON)
    | FROM_CONTEXT
)


def is_in(name, source):
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", source) is not None


@pytest.fixture(scope="module")
def shell_source():
    """Templates, widgets and scripts of Unfold and of Django's admin."""
    unfold_source = source_of(UNFOLD, ".html", ".js", ".py")
    return unfold_source + source_of(Path(admin.__file__).parent, ".html", ".js")


@pytest.mark.parametrize("name", FILES)
def test_every_class_in_a_stylesheet_is_used(name, shell_source):
    dead = classes_in_css(FILES[name].read_text()) - USED - SET_BY_OTHERS
    if name == "shell":
        dead = {each for each in dead if not is_in(each, shell_source)}
    assert not dead


def test_what_others_set_is_still_set_by_them(shell_source):
    assert all(is_in(name, shell_source) for name in SET_BY_OTHERS)


def test_every_class_in_a_template_has_a_style_or_a_script():
    unfold_css = (UNFOLD / "static" / "unfold" / "css" / "styles.css").read_text()
    styled = classes_in_css("\n".join(path.read_text() for path in FILES.values()))
    styled |= classes_in_css(unfold_css)
    unstyled = classes_in_html(TEMPLATES) - styled
    assert not {name for name in unstyled if f".{name}" not in SCRIPTS}


def test_a_dead_class_is_found():
    css = '/* .note */ .card:not(.gone) > a::before { content: ".text"; width: 1.5em }'
    assert classes_in_css(css) == {"card", "gone"}
    assert classes_in_css("@media (min-width: 1.5em) { .md\\:flex { color: red } }") == {"md:flex"}
    assert classes_in_css(".gone { color: red }") - USED == {"gone"}


def linked_in(html):
    return re.findall(r"console/(\w+)\.css", html)


def test_every_file_is_listed():
    assert sorted(FILES) == sorted({*STYLESHEETS, "error"})


def test_a_page_links_the_files_in_the_order_of_the_cascade(client, db):
    assert linked_in(client.get("/login/").content.decode()) == list(STYLESHEETS)


def test_an_error_page_links_its_files_in_the_same_order():
    linked = linked_in(ERROR_PAGE.read_text())
    assert set(linked) <= set(FILES)
    assert [name for name in linked if name != "error"] == [
        name for name in STYLESHEETS if name in linked
    ]


def test_an_error_page_links_what_its_classes_need():
    pages = [path for path in (ROOT / "templates").glob("*.html") if is_error_page(path)]
    used = classes_in_html("\n".join(path.read_text() for path in pages))
    linked = "".join(FILES[name].read_text() for name in linked_in(ERROR_PAGE.read_text()))
    styled_for_pages = classes_in_css("".join(path.read_text() for path in FILES.values()))
    assert len(pages) > 3
    assert used & styled_for_pages <= classes_in_css(linked)


def is_error_page(path):
    return path == ERROR_PAGE or '{% extends "error.html" %}' in path.read_text()
