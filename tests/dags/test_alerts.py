"""Who is told of a failed task: nobody by default; by Airflow's own notifier, over a real connection, where set."""

import email
import socketserver
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server that takes one message after the other and keeps them."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailHandler)
        self.messages: list[str] = []


class MailHandler(socketserver.StreamRequestHandler):
    """SMTP, as far as a client needs it to leave a message."""

    server: Mailbox

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            word = line.strip().upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                for text in self.rfile:
                    if text == b".\r\n":
                        break
                    lines.append(text.decode())
                self.server.messages.append("".join(lines))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_no_address_no_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.schedule import failure_alerts

    for value in ("", " , "):
        monkeypatch.setenv("CMN_ALERT_EMAIL", value)
        assert failure_alerts() == []


def test_a_failed_task_is_told_by_mail_without_its_error(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.schedule import failure_alerts

    port = mailbox.server_address[1]
    monkeypatch.setenv("CMN_ALERT_EMAIL", "data-team@example.org, on-call@example.org")
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        f"smtp://127.0.0.1:{port}/?disable_ssl=true&disable_tls=true&from_email=airflow@example.org",
    )
    (notifier,) = failure_alerts()
    ti: Any = SimpleNamespace(
        task_id="ingest", dag_id="ingest_app_usage", try_number=4, log_url="http://airflow/log/1", dag_run=None
    )
    context = {"ti": ti, "run_id": "scheduled__2026", "exception": ValueError("Canary-Person"), "dag": None}
    notifier(context)
    (sent,) = [email.message_from_string(each) for each in mailbox.messages]
    assert sent["To"] == "data-team@example.org, on-call@example.org"
    assert sent["Subject"].endswith("ingest_app_usage.ingest failed")
    (body,) = [part.get_payload(decode=True).decode() for part in sent.walk() if not part.is_multipart()]
    assert "http://airflow/log/1" in body and "scheduled__2026" in body
    assert "Canary-Person" not in body + sent.as_string()
