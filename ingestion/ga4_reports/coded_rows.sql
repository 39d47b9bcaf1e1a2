-- A report's rows with the project's codes: a leaf, a country, or the world, by what the report is broken down by.
select
    report_read.report,
    case
        when not $has_country then $world
        when countries_read.country_code is null then $unknown
        when not $has_region then countries_read.country_code
        else coalesce(ga4_region_names.region_code, countries_read.country_code || '-?')
    end as region_code,
    report_read.age_bracket,
    report_read.users,
    report_read.sessions,
    report_read.engaged_sessions,
    report_read.views,
    report_read.duration_us
from report_read
left join countries_read on report_read.country = countries_read.country_code
left join ga4_region_names
    on
        countries_read.country_code = ga4_region_names.country_code
        and lower(report_read.region_name) = ga4_region_names.region_name
