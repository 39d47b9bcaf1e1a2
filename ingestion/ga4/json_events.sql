-- One row a line of a day file in JSON: what is read of an event (`ingestion/ga4/fields.py`).
-- noqa: disable=AL05,RF01,RF03
select
    position,
    case when not is_readable then sha256(line) end as unreadable,
    cast(if(is_readable, ${delivered_fields}, 0) as usmallint) as delivered_fields,
    if(is_readable, list_filter(names, lambda name: name not in (${known_fields})), []) as unknown_fields,
    ${nesting},
    event.event_timestamp,
    ${browser} as user_pseudo_id,
    ${account} as user_id,
    ${flag} as analytics_storage,
    event.stream_id,
    event.event_name,
    ${bundle_fields},
    event.geo.country,
    event.geo.region,
    event.device.category as device_category,
    list_transform(
        list_filter(event.event_params, lambda p: p.key is not null),
        lambda p: { 'key': p.key, 'string_value': p.value.string_value, 'int_value': p.value.int_value }
    ) as parameters
from (
    select
        *,
        from_json(object, ${form}) as event
    from (
        select
            *,
            if(is_readable, line, '{}') as object
        from (${judged_lines}) as lines
    ) as objects
) as events
