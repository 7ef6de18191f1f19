"""Every answer of the server bears the same headers, whoever wrote it."""

import re

from .conftest import HOST, Edge

SAME = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Reporting-Endpoints": 'policy="/policy-report/"',
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=31536000; includeSubDomains; preload"
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "report-uri /policy-report/",
    "report-to policy",
}
LONG = "a" * 20_000
SESSION = f"__Host-sessionid={'k' * 32}; sessionid={'k' * 32}"

REQUESTS = {
    "a page": (f"GET /login/ HTTP/1.1\r\nHost: {HOST}", 200),
    "a HEAD": (f"HEAD /login/ HTTP/1.1\r\nHost: {HOST}", 200),
    "HTTP/1.0": (f"GET /login/ HTTP/1.0\r\nHost: {HOST}", 200),
    "a redirect": (f"GET /history/ HTTP/1.1\r\nHost: {HOST}", 302),
    "health": (f"GET /healthz HTTP/1.1\r\nHost: {HOST}", 200),
    "readiness": (f"GET /readyz HTTP/1.1\r\nHost: {HOST}", 503),
    "metrics": (f"GET /metrics HTTP/1.1\r\nHost: {HOST}", 404),
    "not found": (f"GET /nothing HTTP/1.1\r\nHost: {HOST}", 302),
    "a form without its token": (
        f"POST /login/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0",
        403,
    ),
    "OPTIONS": (f"OPTIONS /history/filters/ HTTP/1.1\r\nHost: {HOST}", 302),
    "OPTIONS *": (f"OPTIONS * HTTP/1.1\r\nHost: {HOST}", 404),
    "an unknown method": (f"BREW /healthz HTTP/1.1\r\nHost: {HOST}", 403),
    "TRACE": (f"TRACE / HTTP/1.1\r\nHost: {HOST}", 302),
    "a foreign host": ("GET / HTTP/1.1\r\nHost: evil.example", 400),
    "no host": ("GET / HTTP/1.0", 400),
    "another encoding": (
        f"POST /login/ HTTP/1.1\r\nHost: {HOST}\r\n"
        "Content-Type: text/plain; charset=utf-16\r\nContent-Length: 0",
        400,
    ),
    "a posted result": (f"POST /callbacks/x/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0", 503),
    "an error": (f"GET / HTTP/1.1\r\nHost: {HOST}\r\nCookie: {SESSION}", 500),
    "a report that is none": (f"POST /policy-report/ HTTP/1.1\r\nHost: {HOST}", 415),
    "a static file that is missing": (f"GET /static/no.css HTTP/1.1\r\nHost: {HOST}", 302),
    "a way out of static": (f"GET /static/../.env HTTP/1.1\r\nHost: {HOST}", 302),
    "an encoded way out": (f"GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: {HOST}", 302),
    "NUL in the path": (f"GET /history/%00 HTTP/1.1\r\nHost: {HOST}", 400),
    "no UTF-8 in the path": (f"GET /%ff%fe HTTP/1.1\r\nHost: {HOST}", 302),
    "two slashes": (f"GET //evil.example/ HTTP/1.1\r\nHost: {HOST}", 302),
    "a whole address": (f"GET https://{HOST}/login/ HTTP/1.1\r\nHost: {HOST}", 200),
    "a line that is too long": (f"GET /{LONG} HTTP/1.1\r\nHost: {HOST}", 414),
    "a header that is too long": (f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX: {LONG}", 431),
    "too many headers": (f"GET / HTTP/1.1\r\nHost: {HOST}" + "\r\nX: y" * 200, 431),
    "a header without a name": (f"GET / HTTP/1.1\r\nHost: {HOST}\r\n: y", 400),
    "no HTTP": ("hello", 400),
    "HTTP/3.0": (f"GET / HTTP/3.0\r\nHost: {HOST}", 400),
    "two lengths": (
        f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1\r\nContent-Length: 2",
        400,
    ),
    "a strange encoding": (f"POST / HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: x", 501),
    "a strange expectation": (f"POST / HTTP/1.1\r\nHost: {HOST}\r\nExpect: x", 417),
}


def faults(answer):
    """What an answer lacks, or bears otherwise. Empty if nothing is wrong."""
    found = [name for name, value in SAME.items() if answer.headers.get_all(name) != [value]]
    if set(answer.headers.get("Content-Security-Policy", "").split("; ")) != POLICY:
        found.append("Content-Security-Policy")
    features = answer.headers.get("Permissions-Policy", "")
    opened = re.findall(r"([\w-]+)=\((?!\))", features)
    if features.count("=()") < 80 or opened != ["clipboard-write", "unload"]:
        found.append("Permissions-Policy")
    return found


def test_every_answer_over_tls_bears_the_same_headers(edge: Edge):
    wrong = {}
    for name, (request, status) in REQUESTS.items():
        answer = edge.ask(f"{request}\r\nConnection: close\r\n\r\n")
        bad = faults(answer)
        bad += ["HSTS"] * (answer.headers.get_all("Strict-Transport-Security") != [HSTS])
        bad += ["Cache-Control"] * ("no-store" not in answer.headers.get("Cache-Control", ""))
        if answer.status != status or bad:
            wrong[name] = (answer.status, bad)
    assert wrong == {}


def test_gunicorns_own_refusals_repeat_nothing_of_the_request(edge: Edge):
    answer = edge.ask("<script>919876543210 /\r\n\r\n")
    assert (answer.status, answer.text) == (400, "Bad Request\n")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_static_files_bear_them_too_and_stay_in_caches(edge: Edge, static_root):
    hashed = next(path.name for path in static_root.glob("console.*.js"))
    for path, *lines in [
        (f"/static/{hashed}",),
        (f"/static/{hashed}", "Accept-Encoding: gzip"),
        (f"/static/{hashed}", "Range: bytes=0-9"),
        (f"/static/{hashed}", "If-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT"),
        ("/static/console.js", f"Origin: https://{HOST}"),
    ]:
        for method in ("GET", "HEAD"):
            answer = edge.get(path, *lines, method=method)
            assert answer.status in {200, 206, 304} and faults(answer) == [], (path, lines)
            assert answer.headers["Strict-Transport-Security"] == HSTS
            assert "no-store" not in answer.headers["Cache-Control"]
            assert ("immutable" in answer.headers["Cache-Control"]) == (hashed in path)
            assert "Access-Control-Allow-Origin" not in answer.headers


def test_plain_http_leads_to_https_and_promises_nothing(edge: Edge):
    answer = edge.get("/history/", tls=False)
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/history/")
    assert faults(answer) == [] and "Strict-Transport-Security" not in answer.headers
    assert faults(edge.get("/static/console.js", tls=False)) == []
    assert faults(edge.post("/callbacks/x/", "{}")) == []


def test_no_answer_names_a_version(edge: Edge):
    answers = [edge.get("/login/"), edge.ask("hello\r\n\r\n")]
    assert not any(char.isdigit() for each in answers for char in each.headers.get("Server", ""))
    assert all("X-Powered-By" not in each.headers for each in answers)
