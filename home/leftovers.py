"""What a run that was killed wrote aside, and nobody will give its name: removed by the next one that takes the lock.

Most is written aside under one name, which the next writing overwrites; what is named by the run is not.
"""

from home.layout import Home

#: See write_private, and those that stream: a file that has this ending was never read by anyone.
ASIDE = "*.new"


def remove_leftovers(home: Home) -> None:
    """Removes files that were written aside, in the private folders. Safe to repeat. The home's lock must be held."""
    private = [
        path
        for folder in (home.restricted, home.ga4_reports, home.keys, home.quarantine)
        for path in folder.glob(ASIDE)
    ]
    for path in [*private, *home.reports.rglob(ASIDE)]:
        if not path.is_dir():  # a folder nobody wrote: damage, for whoever writes there to name
            path.unlink(missing_ok=True)
