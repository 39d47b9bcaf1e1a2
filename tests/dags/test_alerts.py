"""Who is told of a failed task: nobody by default; by Airflow's own notifier, over a real connection, where set."""

import email
import json
import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from command.main import main
from home.register.register import Register
from home.run import Run
from home.settings.settings import load_settings
from home.weeks.overdue import overdue_weeks
from home.weeks.week_states import WeekCommit, commit_week


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
    from dags.tasks.alerts import failure_alerts

    for value in ("", " , "):
        monkeypatch.setenv("CMN_ALERT_EMAIL", value)
        assert failure_alerts() == []


def test_a_failed_task_is_told_by_mail_without_its_error(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.tasks.alerts import failure_alerts

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


def overdue_home(config: Any, days: list[date]) -> None:
    """A home whose one run was asked for the weeks of 5 and 12 January, and ingested `days`."""
    run = Run.from_conf(
        {"config": str(config), "from": "2026-01-05", "to": "2026-01-18", "as_of": "2026-01-19T04:00:00+00:00"}
    )
    run.home.make()
    with Register(run.home) as register:
        register.start_run(run)
        register.cover_days("app", days, days)
        register.finish_run(run.run_id, 0, "")


def tell(config: Any, as_of: str, context: dict[str, Any]) -> tuple[list[str], bool]:
    """What the DAG's two tasks do, one after the other."""
    from dags.tasks.alerts import tell_of_overdue_weeks
    from dags.tasks.plan import plan_after
    from dags.tasks.watch import find_overdue_weeks

    picked = dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end"))
    given = {"config": str(config), "as_of": as_of}
    lines = find_overdue_weeks(plan_after(SimpleNamespace(conf=given, run_type="manual", **picked), ()))
    return lines, tell_of_overdue_weeks(lines, context)


def test_an_overdue_week_is_told_by_mail_though_nothing_failed(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, config: Any
) -> None:
    port = mailbox.server_address[1]
    monkeypatch.setenv("CMN_ALERT_EMAIL", "data-team@example.org")
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        f"smtp://127.0.0.1:{port}/?disable_ssl=true&disable_tls=true&from_email=airflow@example.org",
    )
    context = {"ti": SimpleNamespace(task_id="tell", dag_id="watch_weeks"), "dag": None}
    # All of the first week but its Thursday; nothing of the second.
    overdue_home(config, [date(2026, 1, day) for day in (5, 6, 7, 9, 10, 11)])

    # The first week ends on Monday the 12th at 00:00 in Amsterdam; three days to freeze, two to be overdue.
    assert tell(config, "2026-01-16T22:59:59+00:00", context) == ([], False)
    assert mailbox.messages == []
    lines, sent = tell(config, "2026-01-16T23:00:00+00:00", context)
    assert sent and len(lines) == 1 and len(mailbox.messages) == 1
    (mail,) = [email.message_from_string(each) for each in mailbox.messages]
    assert mail["Subject"].endswith("1 overdue week")
    (body,) = [part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()]
    assert "app week 2026-01-05: nothing was ingested for 2026-01-08" in body
    assert "run over 2026-01-05 to 2026-01-11" in body and "accept-empty" in body

    lines, _ = tell(config, "2026-01-23T23:00:00+00:00", context)
    assert [line.split(":")[0] for line in lines] == ["app week 2026-01-05", "app week 2026-01-12"]
    assert "2026-01-12, 2026-01-13, 2026-01-14 and 4 more" in lines[1]


def test_a_settled_week_is_not_overdue(config: Any) -> None:
    overdue_home(config, [date(2026, 1, 5) + timedelta(days=number) for number in range(14)])
    settings = load_settings(config)
    later = datetime(2026, 1, 27, tzinfo=UTC)
    assert [week.monday for week in overdue_weeks(settings, later)] == [date(2026, 1, 5), date(2026, 1, 12)]
    assert all("every day is ingested" in str(week) for week in overdue_weeks(settings, later))
    commit_week(settings.home, WeekCommit(date(2026, 1, 5), "app", "withheld", "why", 10, 10))
    assert [week.monday for week in overdue_weeks(settings, later)] == [date(2026, 1, 12)]


def test_a_source_that_never_delivered_is_overdue_too(config: Any) -> None:
    overdue_home(config, [])
    assert [week.monday for week in overdue_weeks(load_settings(config), datetime(2026, 1, 20, tzinfo=UTC))] == [
        date(2026, 1, 5)
    ]


@pytest.mark.clause("command-status", "command-doctor")
def test_status_and_doctor_name_the_overdue_week(config: Any, capsys: pytest.CaptureFixture[str]) -> None:
    overdue_home(config, [])
    assert main(["status", "--config", str(config)]) == 0
    assert "overdue: app week 2026-01-05: nothing was ingested for" in capsys.readouterr().out
    assert main(["status", "--config", str(config), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["overdue"]["app"][:2] == ["2026-01-05", "2026-01-12"]
    assert main(["doctor", "--config", str(config)]) == 2
    assert "mend  overdue weeks: app week 2026-01-05" in capsys.readouterr().out


def test_a_home_that_ran_over_nothing_yet_has_nothing_overdue(config: Any) -> None:
    assert overdue_weeks(load_settings(config), datetime(2026, 1, 20, tzinfo=UTC)) == []


@pytest.mark.clause("rights-reminders")
@pytest.mark.parametrize(
    ("lines", "subject"),
    [
        (["request a (erasure): its answer is due on 2026-03-02, in 3 days"], "1 requests are due soon"),
        (["request a (erasure): its answer was due on 2026-03-02, 1 days ago"], "1 requests past their deadline"),
    ],
)
def test_deadlines_of_requests_are_told_by_mail(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, lines: list[str], subject: str
) -> None:
    from dags.tasks.alerts import tell_of_deadlines

    port = mailbox.server_address[1]
    monkeypatch.setenv("CMN_ALERT_EMAIL", "privacy@example.org")
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        f"smtp://127.0.0.1:{port}/?disable_ssl=true&disable_tls=true&from_email=airflow@example.org",
    )
    assert tell_of_deadlines(lines, {})
    assert not tell_of_deadlines([], {})
    (message,) = (email.message_from_string(text) for text in mailbox.messages)
    assert message["Subject"] == f"[connect-me-now] {subject}"
    body = message.get_payload()[0].get_payload(decode=True).decode()
    assert lines[0] in body
