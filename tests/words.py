"""Every sentence that people read, with its place: `make words`, to read them once by one hand.

Templates: what `{% translate %}` and `{% blocktranslate %}` hold. Python: what is passed to
gettext and its kin, and any text with a blank in it in the commands. Scripts: what they say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import django
from django.template.base import Node
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).parents[1]
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy"}
UNTRANSLATED = ROOT / "invocations" / "management"
"""Commands speak English alone, so their texts are not marked."""
SAID_BY_SCRIPT = re.compile(r'\bsay\(\s*"([^"]+)"')


class Sentence(NamedTuple):
    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}\t{' '.join(self.text.split())}"


def sentences() -> list[Sentence]:
    """All of them, in the order of files and lines."""
    found: list[Sentence] = []
    for path in (ROOT / "templates").rglob("*.html"):
        found += _in_template(path)
    for folder in ("invocations", "fallback_console"):
        for path in (ROOT / folder).rglob("*.py"):
            found += _in_python(path)
    for path in (ROOT / "static").glob("*.js"):
        found += _in_script(path)
    return sorted(found)


def _in_template(path: Path) -> Iterator[Sentence]:
    template = get_template(str(path.relative_to(ROOT / "templates"))).template
    for node in template.nodelist.get_nodes_by_type(Node):
        for text in _texts_of(node):
            yield Sentence(path, node.token.lineno, text)


def _texts_of(node: Node) -> Iterator[str]:
    if isinstance(node, TranslateNode) and isinstance(
        text := node.filter_expression.var.literal, str
    ):
        yield text
    if isinstance(node, BlockTranslateNode):
        for tokens in (node.singular, node.plural):
            if tokens:
                yield node.render_token_list(tokens)[0]


def _in_python(path: Path) -> Iterator[Sentence]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = _unmarked(tree) if UNTRANSLATED in path.parents else _marked(tree)
    yield from (Sentence(path, line, text) for line, text in found)


def _marked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            given = call.args[1:] if name in WITH_CONTEXT else call.args if name in GETTEXT else []
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.lineno, value.value


def _unmarked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Each text with a blank in it that is no docstring."""
    passed = {
        id(part)
        for node in ast.walk(tree)
        for part in ([node.value] if isinstance(node, ast.Expr) else getattr(node, "values", []))
    }
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value.strip()
        ):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            yield node.lineno, ast.unparse(node)[2:-1]


def _in_script(path: Path) -> Iterator[Sentence]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for said in SAID_BY_SCRIPT.finditer(line):
            yield Sentence(path, number, said[1])


def main() -> None:
    django.setup()
    for sentence in sentences():
        print(sentence)


if __name__ == "__main__":
    main()
