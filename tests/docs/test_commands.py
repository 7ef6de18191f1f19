"""Every command that the documents name works as it is written."""

import re
import shlex

import pytest
from django.core.management import call_command, get_commands, load_command_class

from .documents import DOCUMENTS, ROOT, code_in, text_of

MAKEFILE = text_of("Makefile")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"\$\((?:or \$\(|if \$\()?([A-Z_]+)\)", MAKEFILE))

by_name = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def words_after(document, command):
    """The words that follow `command` in each piece of code, up to a comment or a pipe."""
    for code in code_in(document.read_text(encoding="utf-8")):
        for found in re.finditer(rf"(?:^|[\s/]){re.escape(command)} (.+)$", code):
            yield shlex.split(found[1].replace("'", "’"), comments=True)


@by_name
def test_every_make_target_and_variable_exists(document):
    for words in words_after(document, "make"):
        target, *others = words
        assert target in TARGETS, f"make {target}"
        for word in others:
            name, sign, _value = word.partition("=")
            assert not sign or name in VARIABLES, f"make {target} {word}"


@by_name
def test_every_command_of_manage_py_and_its_options_exist(document):
    for command, *words in words_after(document, "manage.py"):
        assert command in get_commands(), command
        parser = load_command_class(get_commands()[command], command).create_parser("", command)
        known = {option for action in parser._actions for option in action.option_strings}
        assert {word for word in words if word.startswith("--")} <= known, command


@by_name
def test_commands_in_blocks_name_the_python_that_has_the_packages(document):
    for line in re.findall(r"^ {4}(\S.*)$", document.read_text(encoding="utf-8"), re.MULTILINE):
        assert not re.match(r"(python|pytest|celery|gunicorn|manage\.py)\b", line), line


@pytest.mark.django_db
def test_the_shell_line_of_the_readme_names_every_value_of_the_example(capsys):
    call_command("demo")
    capsys.readouterr()
    [words] = [words for words in words_after(ROOT / "README.md", "manage.py") if len(words) > 4]
    with pytest.raises(SystemExit) as ended:
        call_command(*words, "--strict", "--check")
    assert ended.value.code == 0, capsys.readouterr().out
