"""The 30 top-level fields of a GA4 event as the BigQuery export writes them, as SQL over one row of `event`.

Source: Google, "[GA4] BigQuery Export schema". JSON exports write INT64 as text, Parquet as numbers.
"""


def event_json() -> str:
    """The select list for a JSON export."""
    return _event(integer="varchar")


def event_parquet() -> str:
    """The select list for a Parquet export."""
    return _event(integer="bigint")


def _event(integer: str) -> str:
    def whole(expression: str) -> str:
        return f"({expression})::{integer}"

    def parameter(key: str, text: str = "null", number: str = "null") -> str:
        return (
            f"{{'key': '{key}', 'value': {{'string_value': ({text})::varchar, 'int_value': {whole(number)}, "
            "'float_value': null::double, 'double_value': null::double}}"
        )

    session_text = (
        "case when is_session_id_text and ga_session_id is not null then printf('GS2.1.s%d$o%d$g1$t%d$j60$l0$h0', "
        "ga_session_id, ga_session_number, event_us // 1000000) end"
    )
    parameters = ", ".join(
        (
            parameter("page_location", text="page_location"),
            parameter("page_title", text="'Connect Me Now'"),
            parameter(
                "ga_session_id", text=session_text, number="case when not is_session_id_text then ga_session_id end"
            ),
            parameter(
                "session_engaged",
                text="case when is_engaged_text then is_engaged::varchar end",
                number="case when not is_engaged_text then is_engaged end",
            ),
            parameter("engagement_time_msec", number="engagement_ms"),
            parameter("ga_session_number", number="ga_session_number"),
        )
    )
    present = "p -> coalesce(p.value.string_value, p.value.int_value::varchar) is not null"
    no_texts = "null::varchar"
    campaign = _struct(
        ("manual_campaign", _struct(*((name, no_texts) for name in MANUAL_CAMPAIGN))),
        ("google_ads_campaign", _struct(*((name, no_texts) for name in GOOGLE_ADS_CAMPAIGN))),
        (
            "cross_channel_campaign",
            _struct(
                *((name, no_texts) for name in CROSS_CHANNEL_CAMPAIGN), ("primary_channel_group", "'Direct'"),
            ),
        ),
    )  # fmt: skip
    fields = (
        ("event_date", "event_date"),
        ("event_timestamp", whole("event_us")),
        ("event_name", "event_name"),
        ("event_params", f"list_filter([{parameters}], {present})"),
        ("event_previous_timestamp", whole("null")),
        ("event_value_in_usd", "null::double"),
        ("event_bundle_sequence_id", whole("row")),
        ("event_server_timestamp_offset", whole("null")),
        ("user_id", "user_id"),
        ("user_pseudo_id", "user_pseudo_id"),
        (
            "privacy_info",
            "{'analytics_storage': analytics_storage, 'ads_storage': case when analytics_storage is not null then 'No' "
            "end, 'uses_transient_token': 'No'}",
        ),
        ("user_properties", f"[]::struct(key varchar, value struct(string_value varchar, int_value {integer}, "
                            f"float_value double, double_value double, set_timestamp_micros {integer}))[]"),
        ("user_first_touch_timestamp", whole("case when user_pseudo_id is not null then start_us end")),
        ("user_ltv", "{'revenue': 0.0::double, 'currency': 'EUR'}"),
        ("device", _struct(("category", "device_category"), *DEVICE_WORDS, ("web_info", WEB_INFO))),
        (
            "geo",
            "{'city': city, 'country': country, 'continent': '', 'region': region, 'sub_continent': '', "
            "'metro': '(not set)'}",
        ),
        ("app_info", "null::struct(id varchar, version varchar, install_store varchar, firebase_app_id varchar, "
                     "install_source varchar)"),
        ("traffic_source", "{'name': '(direct)', 'medium': '(none)', 'source': '(direct)'}"),
        ("stream_id", "stream_id"),
        ("platform", "platform"),
        ("event_dimensions", "null::struct(hostname varchar)"),
        ("ecommerce", f"null::struct(total_item_quantity {integer}, purchase_revenue_in_usd double, "
                      "purchase_revenue double, refund_value_in_usd double, refund_value double, "
                      "shipping_value_in_usd double, shipping_value double, tax_value_in_usd double, "
                      f"tax_value double, unique_items {integer}, transaction_id varchar)"),
        ("items", "[]::struct(item_id varchar, item_name varchar, price double, quantity " + integer + ")[]"),
        ("collected_traffic_source", _struct(*((name, no_texts) for name in COLLECTED_TRAFFIC_SOURCE))),
        ("is_active_user", "is_engaged = 1"),
        ("batch_event_index", whole("1")),
        ("batch_page_id", whole("event_us // 1000")),
        ("batch_ordering_id", whole("1")),
        ("session_traffic_source_last_click", campaign),
        ("publisher", "null::struct(ad_revenue_in_usd double, ad_format varchar, ad_source_name varchar, "
                      "ad_unit_id varchar)"),
    )  # fmt: skip
    return ", ".join(f"{expression} as {name}" for name, expression in fields)


def _struct(*fields: tuple[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': {expression}" for name, expression in fields) + "}"


MANUAL_CAMPAIGN = (
    "campaign_id", "campaign_name", "source", "medium", "term", "content", "source_platform", "creative_format",
    "marketing_tactic",
)  # fmt: skip
GOOGLE_ADS_CAMPAIGN = (
    "customer_id", "account_name", "campaign_id", "campaign_name", "ad_group_id", "ad_group_name",
)  # fmt: skip
CROSS_CHANNEL_CAMPAIGN = (
    "campaign_id", "campaign_name", "source", "medium", "source_platform", "default_channel_group",
)  # fmt: skip
COLLECTED_TRAFFIC_SOURCE = (
    "manual_campaign_id", "manual_campaign_name", "manual_source", "manual_medium", "manual_term", "manual_content",
    "manual_source_platform", "manual_creative_format", "manual_marketing_tactic", "gclid", "dclid", "srsltid",
)  # fmt: skip
DEVICE_WORDS = (
    ("mobile_brand_name", "'Google'"), ("mobile_model_name", "'Pixel 9'"), ("mobile_marketing_name", "null::varchar"),
    ("mobile_os_hardware_model", "null::varchar"), ("operating_system", "'Android'"),
    ("operating_system_version", "'Android 16'"), ("vendor_id", "null::varchar"), ("advertising_id", "null::varchar"),
    ("language", "'nl-nl'"), ("is_limited_ad_tracking", "'No'"), ("time_zone_offset_seconds", "null::bigint"),
    ("browser", "null::varchar"), ("browser_version", "null::varchar"),
)  # fmt: skip
WEB_INFO = "{'browser': 'Chrome', 'browser_version': '148.0', 'hostname': 'www.connect-me-now.example'}"
