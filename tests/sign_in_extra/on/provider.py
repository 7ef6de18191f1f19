"""A provider of OpenID Connect on this machine: it signs in whom a test names, without asking.

Its ID tokens are signed with a key of its own (RS256). A test sets `claims`, and what a provider
may do wrong: `auth_time`, `token_changes`, `userinfo_changes`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.auth_time: float | None = None
        """None: the person signs in now."""
        self.token_changes: dict[str, Any] = {}
        self.userinfo_changes: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []
        """The parameters of each visit to the sign-in page."""
        self._codes: dict[str, dict[str, str]] = {}
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *of_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def configuration(self) -> dict[str, Any]:
        places = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "userinfo_endpoint": "userinfo",
            "jwks_uri": "keys",
        }
        return {"issuer": self.issuer} | {
            name: f"{self.issuer}/{place}" for name, place in places.items()
        }

    def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [public | {"kid": "1", "alg": "RS256", "use": "sig"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer = urlencode({"code": code, "state": asked["state"]})
        return f"{asked['redirect_uri']}?{answer}"

    def token(self, given: dict[str, str]) -> dict[str, Any] | None:
        """None for an unknown code, and for one that somebody else was given (PKCE)."""
        asked = self._codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if not asked or asked["code_challenge"] != urlsafe_b64encode(digest).rstrip(b"=").decode():
            return None
        now = time.time()
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "iat": int(now),
            "exp": int(now) + 300,
            "auth_time": int(now if self.auth_time is None else self.auth_time),
            **self.claims,
            **self.token_changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "1"})
        return {"access_token": "for-userinfo", "token_type": "Bearer", "id_token": signed}

    def userinfo(self) -> dict[str, Any]:
        return self.claims | self.userinfo_changes


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(asked))
            self.end_headers()
        elif url.path == "/userinfo":
            self._answer(self.provider.userinfo())
        elif url.path == "/keys":
            self._answer(self.provider.keys())
        else:
            self._answer(self.provider.configuration())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        token = self.provider.token(given)
        self._answer(token or {"error": "invalid_grant"}, 200 if token else 400)

    def _answer(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        pass
