"""The GA4 export's schema as far as it concerns us: which fields there are, which are read, and what they must be.

Source: Google, "GA4 BigQuery Export schema" (support.google.com, answer 7029846), fields as of July 2024: the newest
are `batch_*` and `session_traffic_source_last_click`. A file may lack what is newer than itself.
"""

from typing import Final

KNOWN_FIELDS: Final = frozenset({
    "app_info", "batch_event_index", "batch_ordering_id", "batch_page_id", "collected_traffic_source", "device",
    "ecommerce", "event_bundle_sequence_id", "event_date", "event_dimensions", "event_name", "event_params",
    "event_previous_timestamp", "event_server_timestamp_offset", "event_timestamp", "event_value_in_usd", "geo",
    "is_active_user", "items", "platform", "privacy_info", "publisher", "session_traffic_source_last_click",
    "stream_id", "traffic_source", "user_first_touch_timestamp", "user_id", "user_ltv", "user_properties",
    "user_pseudo_id",
})  # fmt: skip

# Without these a file says neither when nor who.
NEEDED_FIELDS: Final = ("event_timestamp", "user_pseudo_id")

# Told when a file lacks them, and read as null. `user_id` is not among them: most properties never set it.
EXPECTED_FIELDS: Final = ("event_name", "event_params", "privacy_info", "device", "geo", "stream_id")

# What tells apart events of one moment, name, browser and stream: which upload, which page load, which request of it,
# and the place in that request. Google, "[GA4] BigQuery Export schema"; the last three since July 2024.
BUNDLE_FIELDS: Final = ("event_bundle_sequence_id", "batch_page_id", "batch_ordering_id", "batch_event_index")

SESSION_ID: Final = "ga_session_id"
SESSION_ENGAGED: Final = "session_engaged"
ENGAGEMENT_TIME: Final = "engagement_time_msec"

# Of the event's parameters only these are read; the others hold page addresses and whatever a site puts there.
READ_PARAMETERS: Final = (SESSION_ID, SESSION_ENGAGED, ENGAGEMENT_TIME)

VIEW_EVENTS: Final = ("page_view", "screen_view")

# A consent flag that is there in no known form must never be taken for one that was not delivered.
UNREADABLE_FLAG: Final = "unreadable"
