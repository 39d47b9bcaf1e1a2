-- One row an event that was drawn, with its identifiers, words and page address.
-- Every fortieth browser is shared by two accounts. Rows that were denied carry no identifier but still place and page.
create or replace temp table event as
select
    row_number() over (order by event_us, drawn.session, position) as row,
    drawn.session,
    browser,
    event_date,
    event_us,
    start_us,
    country,
    region,
    city,
    device_category,
    case
        when position = 0 then 'session_start' when position = 1 then 'page_view'
        else
            ['scroll', 'page_view', 'user_engagement', 'click', 'screen_view', 'user_engagement'][
                1 + (drawn.session * 31 + position * 7) % 6
            ]
    end as event_name,
    case consent when 0 then 'Yes' when 1 then 'No' when 2 then 'Unset' end as analytics_storage,
    consent = 1 and browser % 50 <> 7 or drawn.session % 120 = 5 as is_without_id,
    case when not is_without_id then printf(
        '%d.%d', 1000000 + (browser * 48271) % 89999999,
        1600000000 + (browser * 69621) % 150000000
    ) end as user_pseudo_id,
    case
        when has_account and is_signed_in and consent <> 1
            then case when browser % 40 = 0 and drawn.session % 2 = 1 then other.user_id else owners.user_id end
        when drawn.session % 31 = 0 then ''
    end as user_id,
    case when not is_without_id and drawn.session % 70 <> 11 then start_us // 1000000 end as ga_session_id,
    browser % 10 = 3 as is_session_id_text,
    1 + drawn.session % 9 as ga_session_number,
    (events > 3 and position > 1)::integer as is_engaged,
    drawn.session % 2 = 1 as is_engaged_text,
    case when position > 1 then engagement_ms end as engagement_ms,
    case when browser % 7 = 0 then '5823456789' else '4812345678' end as stream_id,
    case when browser % 7 = 0 then 'ANDROID' else 'WEB' end as platform,
    'https://www.connect-me-now.example/' || ['', 'agenda', 'profile', 'search'][1 + position % 4]
    || case
        when position % 4 = 2 then '?email=' || owners.email || '&name=' || replace(owners.name, ' ', '+')
        when position % 4 = 3 then '?q=' || replace(owners.name, ' ', '%20') else ''
    end as page_location
from drawn
inner join place_names using (place)
inner join devices using (device)
inner join owners using (owner)
inner join owners as other on drawn.neighbour = other.owner
