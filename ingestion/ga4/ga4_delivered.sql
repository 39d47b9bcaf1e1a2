-- One row a file that counts, a file beside, a date, a pair of ids seen together, and an event as it was read.
create or replace temp table ga4_files (
    file_number integer, file varchar, file_date date, kind_rank integer, is_read boolean
);
create or replace temp table ga4_beside (kind_rank integer, sighting uhugeint, is_yes boolean);
create or replace temp table ga4_days (file_date date, is_daily boolean);
create or replace temp table ga4_pairs (user_pseudo_id varchar, user_id varchar);
create or replace temp table ga4_rows (
    file_number integer, position bigint, unreadable varchar, delivered_fields usmallint, unknown_fields varchar[],
    right_fields usmallint, retyped_fields usmallint,
    event_timestamp varchar, user_pseudo_id varchar, user_id varchar, analytics_storage varchar, stream_id varchar,
    country varchar, region varchar, device_category varchar,
    session_id varchar, is_engaged boolean, is_view boolean, engagement_us bigint,
    identity uhugeint, sighting uhugeint
);
