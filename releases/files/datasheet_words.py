"""What a README says that differs from dataset to dataset: who is counted, what adds up, how much detail is lost."""

from anonymisation.hierarchies.hierarchy import region_hierarchy
from catalogue.catalogue import RELEASABLE, core_of
from releases.files.written import list_of
from releases.ledger.release import Release

CORE, GA4 = core_of("app").name, core_of("ga4_export").name
ENGAGED = next(mart.name for mart in RELEASABLE.values() if mart.kind == "union")

_FINEST = {
    "region and device": "subdivision and kind of device",
    "region and age": "subdivision and finest band of ages",
}
_ACCOUNT = "one account in one ISO week. Someone with two accounts counts twice."
_BROWSER = (
    "one account wherever one was seen with the browser, and otherwise one browser or device, in one ISO week. Someone "
    "with a phone and a laptop may then count twice."
)

_APP_CONSENT = (
    "Each session is judged at its own time. Without consent in force for analytics, of a minor without a parent's, or "
    "with consent withdrawn since, it is not used."
)
_GA4_CONSENT = (
    "Each record is judged at its own time, by the consent under which it was collected and, where an account was seen "
    "with the browser, by the account's too."
)
_APP_STORED = "Of place and age only a code and a band are kept."
_GA4_STORED = "Of place and device only a code and a kind are kept."


def persons_of(release: Release) -> tuple[str, str]:
    """What a row has at least k of, in English and in Dutch."""
    if release.id.period.kind == "quarter":
        return "person-weeks (a person in a week)", "persoonsweken (een persoon in een week)"
    if release.dataset.is_of_ga4:
        return "persons, browsers or devices", "personen, browsers of apparaten"
    return "persons", "personen"


def words_of(release: Release) -> dict[str, object]:
    """By the name in the template, what it says of this dataset and period."""
    mart, is_of_ga4 = release.dataset.mart, release.dataset.is_of_ga4
    return {
        "unit_explained": _BROWSER if is_of_ga4 else _ACCOUNT,
        "consent": _GA4_CONSENT if is_of_ga4 else _APP_CONSENT,
        "stored": _GA4_STORED if is_of_ga4 else _APP_STORED,
        "placed": _placed(is_of_ga4=is_of_ga4),
        "merged_too": "kinds of device to all devices" if is_of_ga4 else "ages to wider bands",
        "undominated": "engaged sessions, and of its other ones," if mart == ENGAGED else "minutes",
        "divided": _divided(mart),
        "has_minutes": "minutes" in release.resources[0].table.column_names,
        "rounded": "weekly cell, then summed" if release.id.period.kind == "quarter" else "row",
        "sums": _sums(release),
        "sums_nl": _sums_nl(release),
        "tells_counts": _tells_counts(release),
        "counts_told": {GA4: "Sessions and views", ENGAGED: "Sessions and engaged sessions"}.get(mart, "Sessions"),
        "steps": _steps(release),
        "steps_nl": _steps_nl(release),
        "older": _older(release),
    }


def _older(release: Release) -> dict[str, str] | None:
    """Which weeks froze under older rules; None: no week did."""
    older = release.evidence.older_weeks
    if not older:
        return None
    mondays = [week.isoformat() for week in sorted(older)]
    editions = sorted({str(edition) for edition in older.values()})
    froze_nl = f"vastgezet volgens oudere regels (editie {', '.join(editions)})"
    today_nl = f"hier verteld volgens die van nu (editie {release.evidence.rules_edition})"
    if len(mondays) == 1:
        weeks, are, its = f"The week of {mondays[0]}", "is", "its"
        dutch = f"De week van {mondays[0]} is {froze_nl} en wordt {today_nl}."
    else:
        weeks, are, its = f"The weeks of {list_of(mondays)}", "are", "their"
        dutch = f"De weken van {', '.join(mondays[:-1])} en {mondays[-1]} zijn {froze_nl} en worden {today_nl}."
    return {"weeks": weeks, "are": are, "its": its, "editions": list_of(editions), "dutch": dutch}


def loss_in_words(release: Release) -> str:
    """The Global Certainty Penalty and what it means, or why there is none."""
    gcp = release.evidence.gcp
    if release.dataset.mart == ENGAGED:
        return (
            "Rows are unions of cells of `ga4_engagement` of the same week, whose releases tell how much those lost. "
            f"Of these unions, {_told_alone(release)} in rows of a single subdivision."
        )
    axis = RELEASABLE[release.dataset.mart].axis
    if axis and not axis.overlaps:
        return (
            f"Rows of this dataset divide unions of cells of `usage_by_region_age` of the same week by {axis.by.en}."
            " The releases of that dataset tell how much its cells lost."
        )
    if gcp is None:
        return (
            "Rows of this dataset overlap (one person can be in several), so the loss of a partition cannot be told. "
            "They divide cells of `usage_by_region_age` of the same week, whose releases tell how much those lost."
        )
    dimensions = "region and device" if release.dataset.mart == GA4 else "region and age"
    return (
        f"The Global Certainty Penalty (Ghinita et al. 2007) is **{gcp:.3f}**: the mean, over persons and over "
        f"{dimensions}, of how much of the hierarchy a row covers, from 0 (everyone told by {_FINEST[dimensions]}) to "
        "1 (only the total is told). It is worked out of published rows alone, so it tells nothing more about anyone. "
        f"Regions are set against all {len(region_hierarchy().leaves)} of the world, so for them it is small by "
        f"nature, even where every province is merged; {_told_alone(release)} in rows of a single subdivision."
    )


def _told_alone(release: Release) -> str:
    """The share of persons in rows of one subdivision, as rows themselves tell it."""
    table = release.resources[0].table
    name = "person_weeks" if release.id.period.kind == "quarter" else "users"
    persons = table.column(name).to_pylist()
    levels = table.column("region_level").to_pylist()
    alone = sum(count for count, level in zip(persons, levels, strict=True) if level == "subdivision")
    return f"{100 * alone / sum(persons):.1f} % of the `{name}` are"


def _placed(*, is_of_ga4: bool) -> str:
    if is_of_ga4:
        return "Each person-week is in exactly one cell, by the region and device with most of its records."
    return (
        "Each person-week is in exactly one cell: home region where most session time was, age at the week's first "
        "session."
    )


def _divided(mart: str) -> str:
    if mart == ENGAGED:
        return (
            " Here these cells are put together by region, until of each row those with an engaged session, those "
            "without one, those with another session and those without one are each nobody or at least k."
        )
    axis = RELEASABLE[mart].axis
    if axis is None:
        return ""
    return (
        f" Here unions of these cells are divided by {axis.by.en}, only so far that each part, and what is outside it,"
        " has nobody or at least k persons."
    )


def _sums(release: Release) -> list[str]:
    beside = {CORE: "age group", GA4: "device"}.get(release.dataset.mart)
    return [*_figures_summed(release), *([_regions_summed(beside)] if beside else [])]


def _regions_summed(beside: str) -> str:
    return (
        f"One `region_code` can cover **other regions in another row**: `rest of 001` beside one {beside} need not be "
        "what it is beside another, nor in another release. What a row covers is in `region_members` (`region_covers` "
        "in the CSV): group by that, not by `region_code` or `region_name`, before you add up over rows."
    )


def _figures_summed(release: Release) -> list[str]:
    mart = release.dataset.mart
    if release.id.period.kind == "quarter":
        return [
            "`person_weeks` count a person once in every week: **never distinct persons** of the quarter. Divided by "
            "`weeks`, they are the mean number of persons in a week.",
            "`person_weeks`, `sessions` and `minutes` add up over rows of one table. Do not add `data` to `weeks`: "
            "both hold the same persons.",
        ]
    axis, columns = RELEASABLE[mart].axis, release.resources[0].table.column_names
    sums = (
        f"`users` do **not** add up over rows: {axis.overlap.en}. `sessions` and `minutes` do."
        if axis and axis.overlaps
        else "`users` and all other figures add up over the rows of this week, since each person is in one row."
    )
    added = [name for name in ("sessions", "engaged_sessions" if mart == ENGAGED else "minutes") if name in columns]
    over_weeks = (
        "`users` do **not** add up over weeks: a person of two weeks is in both."
        f" {' and '.join(f'`{name}`' for name in added)} do."
    )
    if mart == ENGAGED:
        return [sums, over_weeks, "`sessions` are those with an id; which are engaged is GA4's own judgement."]
    if mart == GA4:
        return [sums, over_weeks, "`sessions` are those with an id; `minutes` are engagement time as GA4 measured it."]
    return [sums, over_weeks]


def _sums_nl(release: Release) -> str:
    if release.id.period.kind == "quarter":
        return "`person_weeks` tellen iemand in elke week opnieuw: het zijn geen unieke personen."
    axis = RELEASABLE[release.dataset.mart].axis
    if axis and axis.overlaps:
        return "`users` mogen niet worden opgeteld, niet over rijen en niet over weken; `sessions` en `minutes` wel."
    if axis:
        return "`users` mogen niet over weken worden opgeteld; `minutes` wel."
    others = "engaged_sessions" if release.dataset.mart == ENGAGED else "minutes"
    return f"`users` mogen niet over weken worden opgeteld; `sessions` en `{others}` wel."


def _tells_counts(release: Release) -> bool:
    """Whether it has counts that are told in steps."""
    return "sessions" in release.resources[0].table.column_names


def _steps(release: Release) -> list[str]:
    """How far a count can be from what there was, and what that makes of a ratio."""
    step = release.evidence.count_step
    if step == 1 or not _tells_counts(release):
        return []
    above, below = (step - 1) // 2, step // 2
    off = f"at most {above} more or {below} fewer than there were"
    if release.id.period.kind == "quarter":
        return [
            f"`sessions` are told in steps of {step} above the persons of each weekly cell, {off}, and then summed: a "
            "row of so many weekly cells is at most so many times that far off."
        ]
    if release.dataset.mart == GA4:
        return [
            f"`sessions` and `views` are told in steps of {step}: {off} in a row, and at most so many times that over "
            f"so many rows. A ratio of a small row says little: of {above} sessions there were none to {step - 1}."
        ]
    if release.dataset.mart == ENGAGED:
        return [
            f"`sessions` are the sum of what so many `cells` tell in steps of {step}: {off}, for each of them. "
            f"`engaged_sessions` are told in steps of {step}: {off} in a row. Where both are the same, nearly all "
            "sessions were engaged, and engaged ones can be as far off as sessions."
        ]
    told = [
        f"`sessions` are told in steps of {step} above `users`: {off} in a row, and at most so many times that over so "
        f"many rows. Sessions a user lie between (`sessions` - {above}) / `users` and (`sessions` + {below}) / `users`."
    ]
    axis = RELEASABLE[release.dataset.mart].axis
    if axis:
        whole = {"region": "region", "age": "age group"}[axis.divides]
        told.append(
            f"Where a {whole} has one row only, that row is the sum of its cells in `usage_by_region_age`, each of "
            "them that far off; so parts of different rows add up to their cells within these steps, not exactly."
        )
    return told


def _steps_nl(release: Release) -> str:
    step = release.evidence.count_step
    if step == 1 or not _tells_counts(release):
        return ""
    if release.dataset.mart == ENGAGED:
        return (
            f"`sessions` en `engaged_sessions` staan in stappen van {step}: hoogstens {(step - 1) // 2} te veel of "
            f"{step // 2} te weinig, `sessions` zo vaak als een rij `cells` heeft, zodat niet te zien is dat maar een "
            "paar mensen vaker kwamen. "
        )
    what = "`sessions` en `views`" if release.dataset.mart == GA4 else "`sessions`"
    row = "weekcel" if release.id.period.kind == "quarter" else "rij"
    return (
        f"{what} staan in stappen van {step}: per {row} hoogstens {(step - 1) // 2} te veel of {step // 2} te weinig, "
        "zodat niet te zien is dat maar een paar mensen vaker kwamen. "
    )
