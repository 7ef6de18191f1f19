"""A console on this machine that records callbacks, and flows that post to it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from invocations.sandbox.flows import Profile


class Console:
    """A door that writes down what is posted, and answers `status`."""

    def __init__(self, status: int = 200) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.changed = threading.Condition()
        console = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with console.changed:
                    console.posts.append((self.path, dict(self.headers), body))
                    console.changed.notify_all()
                self.send_response(status)
                self.send_header("Location", console.url.replace("/callbacks/", "/elsewhere/"))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callbacks/a-token/"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def wait_for(self, count: int) -> list[bytes]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.posts) >= count, 5), (
                f"{len(self.posts)} of {count} came"
            )
            return [body for _, _, body in self.posts]


class FixedProfile:
    """Flows with one callback profile, or none."""

    def __init__(self, profile: Profile | None) -> None:
        self.where = profile

    def channels(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        return "sms", "whatsapp"

    def profile(self, sid: str) -> Profile | None:
        return self.where
