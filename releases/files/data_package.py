"""datapackage.json: a release as a Frictionless Data Package, so that tools can check every value and every byte.

CSV files are tables with a full Table Schema. Parquet files are plain files with a hash and a length, since the
Table Schema of tools cannot say what a list of codes is; their columns are described in `columns`.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from releases.files.column_fields import constraints_of
from releases.files.data_files import LINE_END, DataFile
from releases.files.written import address_of, instant, json_bytes, without_none
from releases.ledger.release import Release, ReleasedColumn

GA4_SOURCE = "Google Analytics 4 export of site and app, records with consent only, made anonymous"
APP_SOURCE = "Sessions of the Connect Me Now app, records with consent only, made anonymous"


def data_package(release: Release, files: Sequence[DataFile]) -> bytes:
    """The package: every file of figures, with licence, source, publisher and the days that it is about."""
    policy, dataset = release.policy, release.dataset
    return json_bytes(
        without_none(
            {
                "profile": "data-package",
                "name": str(release.id).lower().replace("/", "-").replace("_", "-"),
                "id": str(release.id),
                "title": release.title,
                "description": dataset.description,
                "homepage": address_of(policy, release.id),
                "version": str(release.id.version),
                "created": instant(release.issued),
                "keywords": list(dataset.keywords),
                "licenses": [{"name": policy.licence, "path": policy.licence_url}],
                "sources": [{"title": GA4_SOURCE if dataset.is_of_ga4 else APP_SOURCE}],
                "contributors": [{"title": policy.publisher, "role": "publisher", "email": policy.contact}],
                "temporal": {
                    "start": release.id.period.first_day.isoformat(),
                    "end": release.id.period.last_day.isoformat(),
                },
                "changes": release.changes or None,
                "resources": [_resource(release, file) for file in files],
            }
        )
    )


def _resource(release: Release, file: DataFile) -> dict[str, Any]:
    stem = file.name.rpartition(".")[0]
    shared = {
        "title": file.title,
        "description": file.description or release.dataset.description,
        "path": file.name,
        "format": file.format,
        "mediatype": file.media_type,
        "hash": f"sha256:{file.sha256}",
        "bytes": len(file.content),
    }
    if file.format == "parquet":
        columns = [
            {"name": column.name, "type": str(column.type), "description": column.description, "unit": column.unit}
            for column in file.columns
        ]
        return {"name": f"{stem}-parquet", "type": "file", **shared, "columns": columns}
    return {
        "name": stem,
        "type": "table",
        "profile": "tabular-data-resource",
        **shared,
        "encoding": "utf-8",
        "dialect": {
            "delimiter": ",",
            "lineTerminator": LINE_END,
            "quoteChar": '"',
            "doubleQuote": True,
            "header": True,
        },
        "schema": {
            "fields": [_field(release, column) for column in file.columns],
            "primaryKey": list(file.key),
            "missingValues": [""],
        },
    }


def _field(release: Release, column: ReleasedColumn) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": _type_of(column.type),
        "description": column.description,
        "unit": column.unit,
        "constraints": constraints_of(release, column.name),
    }


def _type_of(kind: pa.DataType) -> str:
    if pa.types.is_date(kind):
        return "date"
    return "integer" if pa.types.is_integer(kind) else "string"
