{#- The files of a source's table as a relation, and the line from it in the lineage: their names are known when a run
    begins, and not yet when dbt reads where a source is (`external_location`). -#}
{% macro source_files(source_name, table_name, columns) -%}
    {%- do source(source_name, table_name) -%}
    {{ return(parquet_files(var('files').get(source_name, {}).get(table_name, []), columns)) }}
{%- endmacro %}

{#- Parquet files as a relation: `columns` are (name, type) pairs. An empty list of files is an empty relation of
    those columns, so a source without files costs no special case downstream. -#}
{% macro parquet_files(paths, columns) -%}
    {{ return(adapter.dispatch('parquet_files')(paths, columns)) }}
{%- endmacro %}

{% macro duckdb__parquet_files(paths, columns) -%}
    {%- if paths %}
    (
        select
            {%- for name, type in columns %}
            cast({{ name }} as {{ type }}) as {{ name }}{{ "," if not loop.last }}
            {%- endfor %}
        from read_parquet([
            {%- for path in paths %}
            {{ file_literal(path) }}{{ "," if not loop.last }}
            {%- endfor %}
        ], hive_partitioning = false)
    )
    {%- else %}
    (
        select
            {%- for name, type in columns %}
            cast(null as {{ type }}) as {{ name }}{{ "," if not loop.last }}
            {%- endfor %}
        where false
    )
    {%- endif %}
{%- endmacro %}

{#- A file's path as a literal, taken as it is: quotes doubled, glob signs made plain. -#}
{% macro file_literal(path) -%}
    '{{ path | replace("[", "[[]") | replace("*", "[*]") | replace("?", "[?]") | replace("'", "''") }}'
{%- endmacro %}

{% macro text_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}
