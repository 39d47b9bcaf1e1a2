-- One row a row of a day file in Parquet: what is read of an event (`ingestion/ga4/fields.py`).
select
    file_row_number + 1 as position,
    cast(null as varchar) as unreadable,
    cast(${delivered_fields} as usmallint) as delivered_fields,
    cast([${unknown_fields}] as varchar[]) as unknown_fields,
    cast(0 as usmallint) as right_fields,
    cast(0 as usmallint) as retyped_fields,
    ${event_timestamp_read} as event_timestamp,
    ${user_pseudo_id_read} as user_pseudo_id,
    ${user_id_read} as user_id,
    ${analytics_storage_read} as analytics_storage,
    ${stream_id_read} as stream_id,
    ${event_name_read} as event_name,
    ${bundle_fields_read},
    ${country_read} as country,
    ${region_read} as region,
    ${device_category_read} as device_category,
    ${parameters_read} as parameters
from delivered_parquet
