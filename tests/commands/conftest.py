"""Commands in this process, with their exit code and output."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture
def invoke(workflow):
    """invoke("--recipient", "…") -> exit code and what was printed.

    The value that the template needs is given where the words give none, unless not `values`.
    """

    def invoke(*words, of="Order delayed", values=True):
        if values and not any(word.startswith("--param") for word in words):
            words = (*words, "--param", "01=Asha")
        printed = StringIO()
        try:
            call_command("invoke", of, *words, stdout=printed)
        except SystemExit as end:
            return end.code, printed.getvalue()
        except CommandError as refusal:
            return refusal.returncode, str(refusal)
        return 0, printed.getvalue()

    return invoke
