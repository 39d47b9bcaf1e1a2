"""How a release is cited: as a sentence, and as CITATION.cff for tools."""

import json
from collections.abc import Callable, Sequence

from releases.files.data_files import DataFile
from releases.files.written import address_of, day_of_issue
from releases.ledger.release import Release

MESSAGE = "If you use these figures, please cite this release as below."


def citation_text(release: Release, typed: Callable[[str], str] = str) -> str:
    """The reference as a bibliography has it; the release's id is in it, since figures are those of one version.

    `typed`: escapes what somebody typed, for where it is shown.
    """
    year = day_of_issue(release).year
    where = address_of(release.policy, release.id)
    parts = [
        f"{typed(release.policy.publisher)} ({year}).",
        f"{typed(release.title)} (version {release.id.version}) [Data set].",
        f"Release {release.id}.",
        where or "",
    ]
    return " ".join(part for part in parts if part)


def citation_file(release: Release, files: Sequence[DataFile]) -> bytes:
    """CITATION.cff 1.2.0. The publisher is the author: no person is named, since none made the figures alone.

    Texts are quoted as JSON, which YAML reads; the identifiers are the release's id and the digests of its figures.
    """
    policy, dataset = release.policy, release.dataset
    lines = [
        "cff-version: 1.2.0",
        "type: dataset",
        f"message: {_text(MESSAGE)}",
        f"title: {_text(release.title)}",
        f"abstract: {_text(f'{dataset.description} {_period(release)}')}",
        "authors:",
        f"  - name: {_text(policy.publisher)}",
        f"    email: {_text(policy.contact)}",
        "contact:",
        f"  - name: {_text(policy.publisher)}",
        f"    email: {_text(policy.contact)}",
        f"version: {_text(str(release.id.version))}",
        f"date-released: {_text(day_of_issue(release).isoformat())}",
        f"license: {_text(policy.licence)}",
        f"license-url: {_text(policy.licence_url)}",
        "keywords:",
        *(f"  - {_text(word)}" for word in dict.fromkeys(dataset.keywords)),
        "identifiers:",
        *_identifier("Release", str(release.id)),
        *(line for file in files for line in _identifier(f"SHA-256 of {file.name}", file.sha256)),
    ]
    address = address_of(policy, release.id)
    if address:
        lines += [f"url: {_text(address)}", f"repository-artifact: {_text(address)}"]
    lines += [
        "preferred-citation:",
        "  type: data",
        "  authors:",
        f"    - name: {_text(policy.publisher)}",
        f"  title: {_text(release.title)}",
        f"  version: {_text(str(release.id.version))}",
        f"  year: {day_of_issue(release).year}",
        f"  notes: {_text(f'Release {release.id}')}",
    ]
    if address:
        lines.append(f"  url: {_text(address)}")
    return ("\n".join(lines) + "\n").encode()


def _period(release: Release) -> str:
    period = release.id.period
    return f"Sessions that began from {period.first_day} to {period.last_day} ({release.timezone})."


def _identifier(what: str, value: str) -> list[str]:
    return ["  - type: other", f"    value: {_text(value)}", f"    description: {_text(what)}"]


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)
