"""What the DAGs hand to each other: an event on one of these carries the run's conf (path, id, dates; never a row)."""

from airflow.sdk import Asset

APP_RECORDS = Asset("app_records")
GA4_RECORDS = Asset("ga4_records")
GA4_REPORTS = Asset("ga4_reports")
MARTS = Asset("marts")
WEEKLY_RELEASES = Asset("weekly_releases")
QUARTERLY_RELEASES = Asset("quarterly_releases")
