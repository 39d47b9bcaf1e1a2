{#- The region table of the policy, every column text. -#}
{% macro region_table() -%}
    {%- do source('policy', 'regions') -%}
    {{ return(adapter.dispatch('region_table')()) }}
{%- endmacro %}

{% macro duckdb__region_table() -%}
    read_csv(
        {{ file_literal(var('regions_file')) }},
        header = true,
        delim = ',',
        quote = '"',
        escape = '"',
        nullstr = '',
        columns = {
            'region_code': 'varchar',
            'region_name': 'varchar',
            'region_level': 'varchar',
            'parent_code': 'varchar'
        }
    )
{%- endmacro %}

{#- The leaf age bands of the policy. -#}
{% macro age_band_table() -%}
    {%- do source('policy', 'age_bands') -%}
    (
        {%- for band in var('age_bands') %}
        select
            {{ text_literal(band.label) }} as age_group,
            {{ band.first_year }} as age_from,
            cast({{ "null" if band.last_year is none else band.last_year }} as integer) as age_to
        {{- " union all" if not loop.last }}
        {%- else %}
        select
            cast(null as varchar) as age_group,
            cast(null as integer) as age_from,
            cast(null as integer) as age_to
        where false
        {%- endfor %}
    )
{%- endmacro %}

{#- By which edition of the rules each frozen week froze, and by which it is told. -#}
{% macro rules_edition_table() -%}
    (
        {%- for week in var('rules_editions') %}
        select
            {{ text_literal(week.source) }} as source,
            cast({{ text_literal(week.week_start) }} as date) as week_start,
            {{ week.frozen }} as frozen_edition,
            {{ week.told }} as told_edition
        {{- " union all" if not loop.last }}
        {%- else %}
        select
            cast(null as varchar) as source,
            cast(null as date) as week_start,
            cast(null as integer) as frozen_edition,
            cast(null as integer) as told_edition
        where false
        {%- endfor %}
    )
{%- endmacro %}
