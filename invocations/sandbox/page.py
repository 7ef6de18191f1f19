"""The pod's web page: how to reach it, its scenarios and endings, and what it has received."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from invocations.sandbox import PRACTICE_KEY_PREFIX, PRACTICE_SID
from invocations.sandbox.answers import SCENARIOS, Scenario
from invocations.sandbox.ledger import Received
from invocations.sandbox.reporter import Posted
from invocations.sandbox.results import ENDINGS, ENDINGS_WITHOUT_CODE, Ending

PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
STYLE = Path(__file__).with_name("style.css").read_bytes()
REQUESTS_SHOWN = 50
POSTED_COLUMNS = (
    '<th scope="col">Time, UTC</th><th scope="col">Workflow invocation ID</th>'
    '<th scope="col">The console answered</th>'
)
NOTHING_POSTED = "<p>None yet.</p>"
NOTHING_RECEIVED = "<p>Nothing yet. Send something, then reload this page.</p>"


def render(api_domain: str, received: Sequence[Received], posted: Sequence[Posted] = ()) -> bytes:
    """The page in UTF-8, newest first. `received` and `posted` are given oldest first."""
    newest = list(reversed(received))[:REQUESTS_SHOWN]
    page = PAGE.substitute(
        api_domain=escape(api_domain),
        sid=PRACTICE_SID,
        key_prefix=PRACTICE_KEY_PREFIX,
        scenarios="\n".join(map(code_row, SCENARIOS)),
        endings="\n".join(map(code_row, ENDINGS)),
        usual="\n".join(digits_item(digits, ending) for digits, ending in ENDINGS_WITHOUT_CODE),
        posted=posted_table(posted[::-1]) if posted else NOTHING_POSTED,
        received=received_table(newest) if newest else NOTHING_RECEIVED,
    )
    # An id may contain an unpaired surrogate, which UTF-8 cannot encode.
    return page.encode(errors="replace")


def digits_item(digits: str, ending: Ending) -> str:
    return f"<li><code>{digits}</code>: {escape(ending.title)}</li>"


def code_row(row: Scenario | Ending) -> str:
    return f"""<tr>
<th scope="row"><code>{row.code}</code></th>
<td>{escape(row.title)}</td>
<td>{escape(row.in_console)}</td>
</tr>"""


def received_table(received: Sequence[Received]) -> str:
    rows = "\n".join(map(received_row, received))
    return f"""<div class="wide" role="region" aria-labelledby="received" tabindex="0"><table>
<thead><tr>
<th scope="col">Time, UTC</th>
<th scope="col">Request ID</th>
<th scope="col">Recipients</th>
<th scope="col">HTTP status</th>
<th scope="col">What the pod did</th>
</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>"""


def received_row(received: Received) -> str:
    return f"""<tr>
<td><time>{received.at:%H:%M:%S}</time></td>
<td><code>{escape(received.request_id or "none")}</code></td>
<td class="numbers">{escape(", ".join(received.recipients) or "none")}</td>
<td>{received.answered or "none"}</td>
<td class="{"accepted" if received.accepted else "refused"}">{escape(received.note)}</td>
</tr>"""


def posted_table(posted: Sequence[Posted]) -> str:
    rows = "\n".join(map(posted_row, posted))
    return f"""<div class="wide" role="region" aria-labelledby="posted" tabindex="0"><table>
<thead><tr>{POSTED_COLUMNS}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>"""


def posted_row(posted: Posted) -> str:
    return (
        f"<tr><td><time>{posted.at:%H:%M:%S}</time></td>"
        f"<td><code>{escape(posted.workflow_invocation_id)}</code></td>"
        f"<td>{posted.answered or 'no answer'}</td></tr>"
    )
