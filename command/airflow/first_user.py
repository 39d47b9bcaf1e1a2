"""`python -m command.airflow.first_user`: makes Airflow's user `admin`, with the password in `CMN_ADMIN_PASSWORD`.

Airflow's own command takes the password as a word of its command line, which every process of the machine can read.
Safe to repeat: where the user is there, nothing changes.
"""

import os
import sys

PASSWORD_SETTING = "CMN_ADMIN_PASSWORD"  # noqa: S105 - the name of the setting
WORDS = ("users", "create", "--username", "admin", "--role", "Admin", "--firstname", "Data", "--lastname", "Team")


def make_first_user(password: str) -> None:
    """Calls Airflow's own command within this process."""
    from airflow.cli import cli_parser

    options = cli_parser.get_parser().parse_args([*WORDS, "--email", "admin@localhost", "--password", password])
    options.func(options)


if __name__ == "__main__":
    given = os.environ.get(PASSWORD_SETTING)
    if not given:
        sys.exit(f"environment variable {PASSWORD_SETTING} is not set: it is the first user's password")
    make_first_user(given)
