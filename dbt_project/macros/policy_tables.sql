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
