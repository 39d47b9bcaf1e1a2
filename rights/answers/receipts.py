"""Receipts: what was done for a person, what stays and why, and where else they must ask; signed, in two languages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from home.settings.settings import Settings
from policy.rights_policy import RightsPolicy
from rights.answers.answer_files import digest_of_answer, write_answer
from rights.answers.answer_pages import LANGUAGES, page
from rights.answers.receipt_signature import PUBLIC_KEY, public_pem, signature_over
from rights.requests.request import Request
from rights.verification.search import Sought

RECEIPT = "receipt.json"
SIGNATURE = "receipt.sig"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was found and taken out: rows by source and week, files by place; and what was looked for afterwards."""

    found: Mapping[str, Mapping[str, int]]
    cleared: Mapping[str, int]
    sought: Sought


def write_receipt(settings: Settings, request: Request, erased: Erased, today: date) -> str:
    """Writes the receipt of an erasure or objection, signed, with its pages; its digest. After verification only."""
    return write_signed(settings, request, receipt_facts(settings, request, erased, today), "receipt")


def write_signed(
    settings: Settings,
    request: Request,
    facts: Mapping[str, Any],
    template: str,
    more: Mapping[str, bytes] | None = None,
) -> str:
    """Writes facts as JSON, signed, and as a page in each language, beside other files; the digest of the JSON."""
    content = json.dumps(facts, indent=2, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    digest = digest_of_answer(content)
    pages = {
        f"{template}.{language}.html": page(template, language, {"facts": facts, "digest": digest})
        for language in LANGUAGES
    }
    signed = {
        f"{template}.json": content,
        f"{template}.sig": signature_over(settings.home, content),
        PUBLIC_KEY: public_pem(settings.home),
    }
    write_answer(settings.home, request.request_id, {**signed, **pages, **(more or {})})
    return digest


def receipt_facts(settings: Settings, request: Request, erased: Erased, today: date) -> dict[str, Any]:
    """What the receipt says, for machines; the pages say the same."""
    rights: RightsPolicy = settings.policy.rights
    sought = erased.sought
    return {
        "request_id": request.request_id,
        "kind": request.kind,
        "received_on": str(request.received_on),
        "carried_out_on": str(today),
        "user_id": request.user_id,
        "rows_removed": {source: dict(weeks) for source, weeks in erased.found.items() if weeks},
        "rows": sum(sum(weeks.values()) for weeks in erased.found.values()),
        "files_mended": dict(erased.cleared),
        "verified": {
            "searched_as_bytes": len(sought.long),
            "searched_as_words": len(sought.short),
            "pseudonyms_searched": len(sought.pseudonyms),
        },
        "stays": {
            "frozen_cells": "anonymous counts of at least k persons",
            "k": settings.policy.anonymity.k,
            "tombstone_years": rights.tombstone_years,
            "register_years": rights.finished_years,
        },
        "still_at_the_source": sources_of(settings),
        "ask_google": {"user_id": request.user_id, "user_pseudo_ids": list(request.browsers)}
        if settings.ga4_export is not None
        else None,
    }


def sources_of(settings: Settings) -> dict[str, str]:
    """Where the app's own data lie, which are not the pipeline's to delete; without credentials."""
    found = {}
    if settings.app is not None:
        found["app"] = settings.app.database.split("@")[-1] if settings.app.database else str(settings.app.files)
    if settings.ga4_export is not None:
        found["ga4_export"] = str(settings.ga4_export.files)
    return found
