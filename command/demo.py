"""`cmn demo`: demonstration sources, a run over them, and how to look at what came out."""

import argparse
import sys
from pathlib import Path

from command.run import run_interval
from command.summary import readable
from demonstration.reports_service import demonstrated_reports, serving
from demonstration.sources import PERSONS, SEED, make_sources, write_config
from demonstration.week_span import WeekSpan
from home.layout import PUBLIC_DIRECTORY
from home.run import Run
from home.settings.settings import load_settings
from refusals.errors import UsageError
from releases.publishing.listing import published_releases

LOOK = """
portal    {portal}/index.html  open it in a browser: the figures, how to load, cite and verify them
releases  {releases}
          check one with:  {cmn} releases verify {release} --ledger {releases}/ledger.jsonl
marts     {marts}
          open them with:  {python} -c "import duckdb; duckdb.connect('{marts}', read_only=True).sql('from usage_by_region_age_week limit 20').show()"
pages     {reports}/data-quality/index.html  what each check found, in counts
          {reports}/dbt/index.html  every table and column
sources   {landing}
config    {config}
again     {cmn} run --config {config} --from {first_day} --to {last_day} --as-of {as_of}
"""  # noqa: E501 - a line to copy


def demo_command(options: argparse.Namespace) -> int:
    """Makes the sources if they are not there yet, runs the pipeline over their twenty weeks, says where to look."""
    home: Path = options.home.absolute()
    with serving(demonstrated_reports(PERSONS, WeekSpan(), SEED)) as endpoint:
        return _demonstrate(home, _made(home, endpoint))


def _demonstrate(home: Path, config: Path) -> int:
    print(f"demonstration sources → {home / 'landing'}", flush=True)
    span = make_sources(home / "landing")
    run = Run.from_conf(
        {
            "config": str(config),
            "from": span.first_day.isoformat(),
            "to": span.last_day.isoformat(),
            "as_of": span.as_of.isoformat(),
        }
    )
    print("running the pipeline over them", flush=True)
    print(readable(run_interval(run)))
    print(
        LOOK.format(
            portal=run.home.portal,
            releases=run.home.releases,
            release=published_releases(run.home)[-1].folder,
            marts=run.home.marts,
            reports=run.home.reports,
            landing=run.home.landing,
            config=config,
            python=sys.executable,
            cmn=Path(sys.executable).with_name("cmn"),
            first_day=run.first_day,
            last_day=run.last_day,
            as_of=run.conf()["as_of"],
        )
    )
    return 0


def _made(home: Path, reports_endpoint: str) -> Path:
    """The home with its config, which is there before the sources: what a run would refuse of it is told at once.

    Raises:
        UsageError: it cannot be there.
    """
    try:
        if home.exists() and not home.is_dir():
            raise UsageError(f"--home {home} is a file: name a folder")
        if home.exists() and any(home.iterdir()) and not (home / "cmn.toml").exists():
            raise UsageError(f"{home} is not empty and no demonstration: name another folder with --home")
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(PUBLIC_DIRECTORY)
        config = write_config(home, reports_endpoint=reports_endpoint)
    except OSError as error:
        raise UsageError(f"--home {home} cannot be made or written to ({error.strerror}): name another") from error
    load_settings(config)
    return config
