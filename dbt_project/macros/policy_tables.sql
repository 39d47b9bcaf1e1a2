{#- The region table of the policy, every column text. -#}
{% macro region_table() -%}
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

{#- The steps in which the app's weeks tell their counts: by how much a told one can be above and below the true one. -#}
{% macro count_step_table() -%}
    (
        {%- for week in var('count_steps') %}
        select
            cast({{ text_literal(week.week_start) }} as date) as week_start,
            {{ (week.width - 1) // 2 }} as above,
            {{ week.width - 1 - (week.width - 1) // 2 }} as below
        {{- " union all" if not loop.last }}
        {%- else %}
        select
            cast(null as date) as week_start,
            cast(null as integer) as above,
            cast(null as integer) as below
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

{#- The columns of a cube's files: those that place a cell in a region, then the cube's own. -#}
{% macro cube_files(cube, columns) -%}
    {{ return(parquet_files(var('cells').get(cube, []), columns)) }}
{%- endmacro %}

{% macro region_columns() -%}
    {{ return([
        ('week_start', 'date'),
        ('region_code', 'varchar'),
        ('region_name', 'varchar'),
        ('region_level', 'varchar'),
        ('region_members', 'varchar[]'),
    ]) }}
{%- endmacro %}
