{#- How many entries a list has. -#}
{% macro list_length(column) -%}
    {{ return(adapter.dispatch('list_length')(column)) }}
{%- endmacro %}

{% macro duckdb__list_length(column) -%}
    len({{ column }})
{%- endmacro %}
