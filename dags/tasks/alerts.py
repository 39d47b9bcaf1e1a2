"""Who is told, and of what: a task that failed for good, a week that is overdue, a deadline that is near or passed."""

import os
from typing import Any

#: Who is told; no mail where it is not set. Airflow's connection `smtp_default` says how it is sent.
ALERT_SETTING = "CMN_ALERT_EMAIL"

_FAILED = (
    "<p>Task <b>{{ ti.task_id }}</b> of <b>{{ ti.dag_id }}</b> failed for good at its try {{ ti.try_number }}, "
    'in run {{ run_id }}.</p><p>What to mend stands at the end of <a href="{{ ti.log_url }}">its log</a>.</p>'
)


def failure_alerts() -> list[Any]:
    """Airflow's own mail notifier when `CMN_ALERT_EMAIL` is set (several addresses parted by commas), else none.

    The message names DAG, task, run and log, and quotes nothing.
    """
    return _mails("{{ ti.dag_id }}.{{ ti.task_id }} failed", _FAILED)


def tell_of_overdue_weeks(lines: list[str], context: dict[str, Any]) -> bool:
    """Sends a line a week to `CMN_ALERT_EMAIL`. Returns whether there was anybody to tell and anything to say.

    The lines hold sources, Mondays, days and commands; they are the project's own words and quote nothing delivered.
    """
    if not lines:
        return False
    told = "".join(f"<li>{line}</li>" for line in lines)
    content = f"<p>Nothing failed, and yet these weeks are not in the marts:</p><ul>{told}</ul>"
    subject = f"{len(lines)} overdue week{'s' if len(lines) > 1 else ''}"
    mails = _mails(subject, content)
    for mail in mails:
        mail.notify(context)
    return bool(mails)


def tell_of_deadlines(lines: list[str], context: dict[str, Any]) -> bool:
    """Sends a line a deadline to `CMN_ALERT_EMAIL`; one that has passed makes it an alert. As tell_of_overdue_weeks.

    The lines hold ids of requests, kinds and days, never whom a request is about.
    """
    if not lines:
        return False
    passed = sum(" was due on " in line for line in lines)
    subject = f"{passed} requests past their deadline" if passed else f"{len(lines)} requests are due soon"
    told = "".join(f"<li>{line}</li>" for line in lines)
    mails = _mails(subject, f"<p>People wait for an answer about their data:</p><ul>{told}</ul>")
    for mail in mails:
        mail.notify(context)
    return bool(mails)


def _mails(subject: str, html_content: str) -> list[Any]:
    to = [address.strip() for address in os.environ.get(ALERT_SETTING, "").split(",") if address.strip()]
    if not to:
        return []
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    return [SmtpNotifier(to=to, subject=f"[connect-me-now] {subject}", html_content=html_content)]
