"""`cmn.toml` and the policy directory: a setting that is unknown, or missing and needed, is told by its name."""

from pathlib import Path

import pytest

from command.main import main
from home.settings.settings import load_settings
from policy.policy import load_policy

GA4 = '[ga4.export]\nfiles = "landing/ga4"\nconsent_basis = "consent_mode"\n'
APP = '[app]\nfiles = "landing/app"\n'
REPORTS = 'home = "h"\n[ga4.reports]\nproperty = "123"\nconsent_basis = "basic"\n'
GEO = '[geo]\nmmdb = "city.mmdb"\n'

# ruff: noqa: E501 — a table that can be read across
# What is the case, the config, what the error names
CONFIGS = [
    ("an unknown setting", 'home = "h"\ncolour = "blue"\n' + GA4, "colour"),
    ("an unknown section", 'home = "h"\n[weather]\nfiles = "x"\n' + GA4, "weather"),
    ("an unknown setting of a source", 'home = "h"\n' + GA4 + "speed = 3\n", "ga4.export.speed"),
    ("no home", GA4, "home"),
    ("no source", 'home = "h"\n', "at least one of [app], [ga4.export] and [ga4.reports]"),
    ("a source without its files", 'home = "h"\n[ga4.export]\nconsent_basis = "basic"\n', "ga4.export.files"),
    ("a source without its basis of consent", 'home = "h"\n[ga4.export]\nfiles = "x"\n', "ga4.export.consent_basis"),
    ("a basis of consent that is none", 'home = "h"\n' + GA4.replace("consent_mode", "guess"), "consent_basis"),
    ("files and a database", 'home = "h"\n' + APP + 'database = "postgresql://r@db/app"\n' + GEO, "'files' and 'database'"),
    ("neither", 'home = "h"\n[app]\n' + GEO, "'files' and 'database'"),
    ("a database of another kind", 'home = "h"\n[app]\ndatabase = "oracle://db"\n' + GEO, "app.database"),
    ("a password in the address", 'home = "h"\n[app]\ndatabase = "mysql://r:secret@db/app"\n' + GEO, "MYSQL_PWD"),
    ("a timeout without a database", 'home = "h"\n' + APP + "lock_timeout_seconds = 3\n" + GEO, "lock_timeout_seconds"),
    ("the app without a city database", 'home = "h"\n' + APP, "geo.mmdb"),
    ("reports without a basis of consent", REPORTS.replace('consent_basis = "basic"', ""), "ga4.reports.consent_basis"),
    ("reports of a property that is none", REPORTS.replace("123", "G-ABC"), "ga4.reports.property"),
    ("reports over a plain channel elsewhere", REPORTS + 'endpoint = "10.0.0.1:80"\n', "ga4.reports.endpoint"),
    ("credentials for an emulator", REPORTS + 'endpoint = "127.0.0.1:80"\ncredentials = "k.json"\n', "credentials"),
    ("no TOML", "home = \n", "line 1"),
]  # fmt: skip


@pytest.mark.clause("config-is-named", "exit-codes")
@pytest.mark.parametrize(("text", "names"), [case[1:] for case in CONFIGS], ids=[case[0] for case in CONFIGS])
@pytest.mark.parametrize("call", ["status", "doctor", "run --from 2026-11-09 --to 2026-11-15"])
def test_a_config_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], call: str, text: str, names: str
) -> None:
    config = tmp_path / "cmn.toml"
    config.write_text(text)
    assert main([*call.split(), "--config", str(config)]) == 2
    told = capsys.readouterr()
    assert names in told.err + told.out and "secret" not in told.err + told.out
    assert not (tmp_path / "h").exists(), "nothing was made"


# The basis of consent, what stands beside it, whether it is taken
BASES = [
    ("basic", "", True),
    ("observed", 'confirmed_by = "A. Visser"\nconfirmed_on = 2026-11-02\n', True),
    ("observed", "", False),
    ("observed", 'confirmed_by = "A. Visser"\n', False),
    ("observed", "confirmed_on = 2026-11-02\n", False),
    ("observed", 'confirmed_by = " "\nconfirmed_on = 2026-11-02\n', False),
    ("basic", 'confirmed_by = "A. Visser"\nconfirmed_on = 2026-11-02\n', False),
    ("consent_mode", "", False),
    ("advanced", "", False),
    ("modelled", 'confirmed_by = "A. Visser"\nconfirmed_on = 2026-11-02\n', False),
    ("", "", False),
]


@pytest.mark.clause("reports-consent-basis", "exit-codes")
@pytest.mark.parametrize(("basis", "beside", "is_taken"), BASES)
def test_why_nobody_in_the_reports_has_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], basis: str, beside: str, is_taken: bool
) -> None:
    config = tmp_path / "cmn.toml"
    config.write_text(REPORTS.replace('"basic"', f'"{basis}"') + beside)
    if is_taken:
        assert load_settings(config).sources == ("ga4_reports",)
        return
    assert main(["status", "--config", str(config)]) == 2
    told = capsys.readouterr().err
    assert "ga4.reports" in told and "confirmed_by" in told and told.count("\n") == 1
    if basis not in ("basic", "observed"):
        assert "people who refused" in told


@pytest.mark.clause("config-is-named")
def test_the_least_config_is_taken(tmp_path: Path) -> None:
    (tmp_path / "cmn.toml").write_text('home = "h"\n' + GA4)
    settings = load_settings(tmp_path / "cmn.toml")
    assert (settings.sources, settings.home.root) == (("ga4_export",), tmp_path / "h")


# The file, what it holds, what the error names
POLICIES = [
    ("anonymity.toml", "k = 1", "k"),
    ("anonymity.toml", "kk = 12", "kk"),
    ("anonymity.toml", "k = 20", "count_step"),
    ("consent.toml", 'timezone = "Mars/Olympus"', "timezone"),
    ("ages.toml", "bands = [0, 18, 16]", "bands"),
    ("retention.toml", "record_weeks = 0", "record_weeks"),
    ("axes.toml", "[mood]\nbounds = [0, 1]", "length, frequency, platform"),
    ("axes.toml", "[length]\nbounds = [1, 5]", "length"),
    ("axes.toml", "[frequency]\nbounds = [1, 3, 2]", "frequency"),
    ("axes.toml", '[platform]\nwords = ["android", "ios"]', "platform"),
    ("axes.toml", '[length]\nwords = ["other", "unknown"]', "length"),
    ("anonymitiy.toml", "k = 12", "anonymitiy.toml"),
]


@pytest.mark.clause("config-is-named", "config-policy", "exit-codes")
@pytest.mark.parametrize(("file", "text", "names"), POLICIES, ids=[f"{file}: {text}" for file, text, _ in POLICIES])
def test_a_policy_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, names: str
) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / file).write_text(text)
    (tmp_path / "cmn.toml").write_text('home = "h"\n' + GA4 + '[policy]\ndirectory = "policy"\n')
    assert main(["status", "--config", str(tmp_path / "cmn.toml")]) == 2
    told = capsys.readouterr().err
    assert file in told and names in told and told.count("\n") == 1


@pytest.mark.clause("config-policy")
def test_a_policy_directory_holds_only_what_it_changes(tmp_path: Path) -> None:
    """The defaults are those that the contract names."""
    (tmp_path / "anonymity.toml").write_text("k = 12\ncount_step = 20\n")
    changed, shipped = load_policy(tmp_path), load_policy()
    assert (changed.anonymity.k, changed.anonymity.count_step) == (12, 20)
    assert changed.anonymity.dominance_p == shipped.anonymity.dominance_p == 10
    assert (changed.consent, changed.ages) == (shipped.consent, shipped.ages)
    assert (shipped.anonymity.k, shipped.anonymity.freeze_after_days, shipped.consent.max_age_days) == (10, 3, 395)
    assert (shipped.retention.quarantine_days, shipped.retention.record_weeks) == (14, 13)
    assert list(shipped.ages.bands) == [0, 16, 18, 25, 35, 45, 55, 65]
