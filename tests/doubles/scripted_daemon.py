"""A daemon that answers what a test tells it to, over real HTTP, with a record in TERCET_HOME by which clients find it."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel
from tercet_shared.daemon import Health
from tercet_shared.discovery import API_PREFIX, DaemonRecord, installed_version, write_record
from tercet_shared.errors import TercetError
from tercet_shared.models import ModelsReport


@dataclass
class ScriptedDaemon:
    """`answers` by method and path; a list is used up one by one, its last entry stays. `requests` is what was asked."""

    answers: dict[str, list[Any]] = field(default_factory=dict)
    requests: list[tuple[str, Any]] = field(default_factory=list)
    stop_answering: threading.Event = field(default_factory=threading.Event)

    def on(self, endpoint: str, *answers: Any) -> None:
        """What `endpoint` ("GET /runs") answers: models, lists of them, errors; for `GET /events` lists of events."""
        self.answers[endpoint] = list(answers)

    def bodies(self, endpoint: str) -> list[Any]:
        return [body for asked, body in self.requests if asked == endpoint]

    def next_answer(self, endpoint: str) -> Any:
        waiting = self.answers[endpoint]
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def scripted_daemon(home: Path) -> Iterator[ScriptedDaemon]:
    script = ScriptedDaemon()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    version = installed_version()
    health = Health(version=version, pid=os.getpid(), uptime_s=7, active_runs=0, clients=1, idle=False)
    script.on("GET /health", health)
    script.on("GET /models", ModelsReport(models=[], since=datetime.now(UTC), spent_usd=0, day_usd=1))
    port = server.server_address[1]
    write_record(DaemonRecord(os.getpid(), version, "secret", None, "127.0.0.1", port, time.time()), home)
    yield script
    script.stop_answering.set()
    server.shutdown()
    server.server_close()


def _handler(script: ScriptedDaemon) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            path = urlsplit(self.path).path.removeprefix(API_PREFIX)
            endpoint = f"{self.command} {path}"
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.requests.append((endpoint, json.loads(content) if content else None))
            answer = script.next_answer(endpoint)
            if path == "/events":
                self._stream(answer)
            elif isinstance(answer, TercetError):
                problem = {"detail": answer.sentence, "code": answer.code, "data": answer.data}
                self._send(409, problem, "application/problem+json")
            else:
                self._send(200, _jsonable(answer), "application/json")

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  # the names http.server looks for

        def _send(self, status: int, body: Any, content_type: str) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _stream(self, events: list[Any]) -> None:
            """Sends the events; closes, unless the last is None: then it stays open and silent."""
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for event in events:
                if event is None:
                    script.stop_answering.wait(30)
                    return
                self.wfile.write(f"event: event\nid: {event.seq}\ndata: {event.model_dump_json()}\n\n".encode())
                self.wfile.flush()
            self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    return Handler


def _jsonable(answer: Any) -> Any:
    if isinstance(answer, BaseModel):
        return answer.model_dump(mode="json")
    if isinstance(answer, list):
        return [_jsonable(each) for each in answer]
    return answer
