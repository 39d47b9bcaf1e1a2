"""What the app has delivered, by names: files of its drop folder, or tables of its database."""

import duckdb

from home.settings.settings import Settings
from ingestion.app.source import app_files
from ingestion.deliveries.delivery_digest import Deliveries, digest_among, digest_of_table


def app_deliveries(con: duckdb.DuckDBPyConnection, settings: Settings) -> Deliveries:
    """By the names that refusals show. Of a database's table it knows once `con` holds `table_digests`."""
    app = settings.app

    def digest_of(name: str) -> str | None:
        if app is None:
            return None
        return digest_of_table(con, settings.home, name) if app.database else digest_among(app_files(app), name)

    return Deliveries("app", digest_of)
