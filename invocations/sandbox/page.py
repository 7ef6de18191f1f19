"""The pod's own web page: what it is, what it can be made to do, and what it has received."""

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


def render(api_domain: str, received: Sequence[Received], posted: Sequence[Posted] = ()) -> bytes:
    """The page as UTF-8; `received` and `posted` are oldest first, shown newest first."""
    newest = list(reversed(received))[:REQUESTS_SHOWN]
    page = PAGE.substitute(
        api_domain=escape(api_domain),
        sid=PRACTICE_SID,
        key_prefix=PRACTICE_KEY_PREFIX,
        scenarios="\n".join(map(row_of_the_table, SCENARIOS)),
        endings="\n".join(map(row_of_the_table, ENDINGS)),
        usual="\n".join(
            f"<li><code>{digits}</code>: {escape(ending.title)}</li>"
            for digits, ending in ENDINGS_WITHOUT_CODE
        ),
        posted=table_of_posted(posted[::-1]) if posted else "<p>None yet.</p>",
        received=table_of(newest)
        if newest
        else "<p>Nothing yet. Send something, then reload this page.</p>",
    )
    return page.encode(
        errors="replace"
    )  # an id may hold half a surrogate pair, which UTF-8 cannot say


def row_of_the_table(row: Scenario | Ending) -> str:
    return f"""<tr>
<th scope="row"><code>{row.code}</code></th>
<td>{escape(row.title)}</td>
<td>{escape(row.in_console)}</td>
</tr>"""


def table_of(received: Sequence[Received]) -> str:
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


def table_of_posted(posted: Sequence[Posted]) -> str:
    rows = "\n".join(
        f"<tr><td><time>{each.at:%H:%M:%S}</time></td><td><code>{escape(each.workflow_invocation_id)}</code></td>"
        f"<td>{each.answered or 'no answer'}</td></tr>"
        for each in posted
    )
    return f"""<div class="wide" role="region" aria-labelledby="posted" tabindex="0"><table>
<thead><tr><th scope="col">Time, UTC</th><th scope="col">Workflow invocation ID</th><th scope="col">The console answered</th></tr></thead>
<tbody>
{rows}
</tbody>
</table></div>"""
