"""Documents against reality: what users can call or will meet is written down."""

import re

import pytest

from command.main import _parser
from consent.reasons import REASONS
from tests.conventions.tracked import ROOT, files
from tests.readers.subcommands import subcommands

# The contract, sections 3 and 4; the gate's own are taken from the code.
QUARANTINE_REASONS = (
    "unreadable",
    "missing_field",
    "bad_timestamp",
    "ends_before_start",
    "too_long",
    "in_future",
    "bad_ip",
)
GA4_REASONS = ("consent_flag", "no_id")
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = "\n".join(
    (ROOT / name).read_text(encoding="utf-8")
    for name in files()
    if name.startswith("docs/") and name.endswith(".md") and not name.startswith("docs/decisions/")
)
TARGETS = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_there_are_targets_and_commands() -> None:
    assert {"setup", "run", "test", "check"} <= set(TARGETS)
    assert {"cmn run", "cmn demo", "cmn status", "cmn doctor", "cmn weeks list"} <= set(subcommands(_parser()))


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_in_the_readme(target: str) -> None:
    assert f"make {target}" in README


@pytest.mark.parametrize("command", list(subcommands(_parser())))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert command in README


@pytest.mark.parametrize("reason", [*REASONS, *GA4_REASONS, *QUARANTINE_REASONS])
def test_every_reason_is_documented(reason: str) -> None:
    assert f"`{reason}`" in DOCUMENTS


@pytest.mark.parametrize("reason", [*GA4_REASONS, *QUARANTINE_REASONS])
def test_every_reason_of_the_contract_is_given_somewhere(reason: str) -> None:
    code = [
        (ROOT / name).read_text(encoding="utf-8")
        for name in files()
        if name.startswith("ingestion/") and name.endswith((".py", ".sql"))
    ]
    assert any(f"'{reason}'" in text or f'"{reason}"' in text for text in code)


def test_decisions_are_numbered_without_gaps_and_say_their_status() -> None:
    records = [name for name in files() if re.fullmatch(r"docs/decisions/\d{4}-[a-z0-9-]+\.md", name)]
    assert [int(name[15:19]) for name in records] == list(range(1, len(records) + 1))
    for name in records:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.match(rf"# {int(name[15:19])}\. .+\n\nStatus: (proposed|accepted|superseded by \d{{4}})\n", text), (
            name
        )
        assert all(f"## {part}" in text for part in ("Context", "Decision", "Consequences")), name


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for name in files():
        if name.endswith(".md"):
            path = ROOT / name
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
                if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists():
                    broken.append(f"{name}: {target}")
    assert broken == []
