"""What a README says that differs from dataset to dataset: who is counted, what adds up, how much detail is lost."""

from anonymisation.hierarchy import region_hierarchy
from publishing.releases.release import Release

CORE = "usage_by_region_age_week"
GA4 = "ga4_engagement_week"
HOURS = "usage_by_hour_week"
LENGTHS = "session_length_by_age_week"

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
    if release.dataset.mart == GA4:
        return "persons, browsers or devices", "personen, browsers of apparaten"
    return "persons", "personen"


def words_of(release: Release) -> dict[str, object]:
    """By the name in the template, what it says of this dataset and period."""
    mart = release.dataset.mart
    return {
        "unit_explained": _BROWSER if mart == GA4 else _ACCOUNT,
        "consent": _GA4_CONSENT if mart == GA4 else _APP_CONSENT,
        "stored": _GA4_STORED if mart == GA4 else _APP_STORED,
        "placed": _placed(mart),
        "merged_too": "kinds of device to all devices" if mart == GA4 else "ages to wider bands",
        "divided": _divided(mart),
        "rounded": "weekly cell, then summed" if release.id.period.kind == "quarter" else "row",
        "sums": _sums(release),
        "sums_nl": _sums_nl(release),
    }


def loss_in_words(release: Release) -> str:
    """The Global Certainty Penalty and what it means, or why there is none."""
    gcp = release.evidence.gcp
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


def _placed(mart: str) -> str:
    if mart == GA4:
        return "Each person-week is in exactly one cell, by the region and device with most of its records."
    return (
        "Each person-week is in exactly one cell: home region where most session time was, age at the week's first "
        "session."
    )


def _divided(mart: str) -> str:
    told = {
        HOURS: " Here unions of these cells are divided by hour",
        LENGTHS: " Here unions of these cells are divided by session length",
    }.get(mart)
    if told is None:
        return ""
    return f"{told}, only so far that each part, and what is outside it, has nobody or at least k persons."


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
    overlap = {HOURS: "one person can be in several hours", LENGTHS: "one person can have sessions of all lengths"}
    sums = (
        f"`users` do **not** add up over rows: {overlap[mart]}. `sessions` and `minutes` do."
        if mart in overlap
        else "`users` and all other figures add up over the rows of this week, since each person is in one row."
    )
    over_weeks = "`users` do **not** add up over weeks: a person of two weeks is in both. `sessions` and `minutes` do."
    if mart == GA4:
        return [sums, over_weeks, "`sessions` are those with an id; `minutes` are engagement time as GA4 measured it."]
    return [sums, over_weeks]


def _sums_nl(release: Release) -> str:
    if release.id.period.kind == "quarter":
        return "`person_weeks` tellen iemand in elke week opnieuw: het zijn geen unieke personen."
    if release.dataset.mart in (HOURS, LENGTHS):
        return "`users` mogen niet worden opgeteld, niet over rijen en niet over weken; `sessions` en `minutes` wel."
    return "`users` mogen niet over weken worden opgeteld; `sessions` en `minutes` wel."
