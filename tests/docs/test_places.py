"""Every address, path, link and layer that the documents name exists."""

import re
import tomllib

import pytest
from django.urls import resolve

from invocations.management.commands.demo import PARAMETER_FIELDS

from .documents import DOCUMENTS, ROOT, code_in, text_of

PROJECT = tomllib.loads(text_of("pyproject.toml"))
CHANGELOG = text_of("CHANGELOG.md")

by_name = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
ADDRESS = re.compile(r"/|/[a-z]+(?:/(?:[a-z-]+|<[a-z]+>|…))*/?")
OF_THE_PRACTICE_POD = {"/received"}
PATH = re.compile(r"[\w./-]*\w\.(?:py|md|css|js|html|toml|sh)|[\w.-]+(?:/[\w.-]+)*/")
OF_PACKAGES_WE_USE = {"dist/cdn.min.js", "package/dist/cdn.min.js", "app.js"}


def anchors(document):
    """The anchors of a document's headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_to_a_page(address):
    """Whether `address` has a page, or begins the address of one.

    The admin site takes every other address, for its page "not found", which has no name.
    """
    return any(resolve(address + rest).url_name for rest in ("", "token/"))


@by_name
def test_every_address_leads_to_a_page(document):
    for code in code_in(document.read_text(encoding="utf-8")):
        if ADDRESS.fullmatch(code) and code not in OF_THE_PRACTICE_POD:
            assert leads_to_a_page(re.sub(r"<\w+>|…", "token", code)), code


@by_name
def test_every_path_exists(document):
    """From the root, or from `invocations/`, as docs/api.md says."""
    for code in code_in(document.read_text(encoding="utf-8")):
        if PATH.fullmatch(code) and code not in OF_PACKAGES_WE_USE:
            folders = (ROOT, ROOT / "invocations", document.parent)
            assert any((folder / code).exists() for folder in folders), code


@by_name
def test_every_link_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            path, _sign, anchor = target.partition("#")
            there = (document.parent / path).resolve() if path else document
            assert there.exists(), target
            assert not anchor or anchor in anchors(there), target


def recipes():
    section = text_of("CONTRIBUTING.md").split("## Recipes")[1].split("## Conventions")[0]
    return dict(
        recipe.split("\n", maxsplit=1)
        for recipe in re.split(r"^### ", section, flags=re.MULTILINE)[1:]
    )


def test_there_is_a_recipe_for_each_usual_change():
    assert list(recipes()) == [
        "A special parameter",
        "A page",
        "A setting",
        "A status",
        "An answer of the API",
        "A finding",
        "A deed in the trail",
        "What holds a number or a value",
        "A migration",
    ]


@pytest.mark.parametrize("name", recipes())
def test_a_recipe_names_what_is_there(name):
    """Each path exists, and each identifier stands in one of the files that the recipe names."""
    code = re.findall(r"`([^`]+)`", recipes()[name])
    paths = [ROOT / piece for piece in code if "/" in piece or piece == ".env.example"]
    assert [path for path in paths if not path.exists() and " " not in str(path)] == []
    text = " ".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())
    identifiers = [piece for piece in code if re.fullmatch(r"[A-Za-z_]+", piece)]
    assert [each for each in identifiers if not re.search(rf"\b{each}\b", text)] == []


def test_the_readme_lists_every_package():
    packages = {path.parent.name for path in (ROOT / "invocations").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `(\w+)/` \|", text_of("README.md"), re.MULTILINE)) == packages


def test_the_readme_has_the_layers_that_are_checked():
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    [rooms] = [each for each in contracts if each.get("containers") == ["invocations"]]
    layers = "".join(f"    {layer}\n" for layer in ["fallback_console", *rooms["layers"]])
    assert f"\n\n{layers}\n" in text_of("README.md")


def test_the_readme_names_the_fields_of_the_example():
    rows = re.findall(
        r"^ *\| `([\w#]+)` \| ([^|]+) \| [^|]+ \|$", text_of("README.md"), re.MULTILINE
    )
    fields = {key: field["label"] for key, field in PARAMETER_FIELDS.items()}
    fields.pop("#verification_code#")  # of the other example
    assert {key: label for key, label in rows if key in fields} == fields


# --- versions and decisions -----------------------------------------------------------------------


def test_the_newest_version_in_the_changelog_is_the_projects():
    versions = re.findall(r"^## (\d\S*) - (\d{4}-\d\d-\d\d)$", CHANGELOG, re.MULTILINE)
    assert versions[0][0] == PROJECT["project"]["version"]
    assert versions == sorted(versions, key=lambda version: version[1], reverse=True)


def test_the_changelog_has_only_the_sections_of_keep_a_changelog():
    known = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= known
    assert re.search(r"^## Unreleased$", CHANGELOG, re.MULTILINE)


def test_each_decision_has_its_number_a_date_and_a_status():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, decision in enumerate(decisions, start=1):
        text = decision.read_text(encoding="utf-8")
        assert decision.name.startswith(f"{number:04}-")
        assert re.match(rf"# {number}\. .+\n\n- Date: 20\d\d-\d\d-\d\d.*\n- Status: \w+", text), (
            decision
        )


@by_name
def test_no_line_of_a_document_is_longer_than_100_characters(document):
    """But for what cannot be broken: tables, pictures, and lines of code."""
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), start=1):
        is_whole = re.match(r" *\||!\[| {4}", line)
        assert is_whole or len(line) <= 100, f"line {number}"
