"""What the GA4 export has delivered, by names: its day files."""

from home.settings.settings import Settings
from ingestion.deliveries.delivery_digest import Deliveries, digest_among
from ingestion.ga4.day_files import export_files


def ga4_deliveries(settings: Settings) -> Deliveries:
    """By the names that refusals show, whether a file of its date counts or lies beside one that does."""
    source = settings.ga4_export
    return Deliveries("ga4_export", lambda name: digest_among(export_files(source), name) if source else None)
