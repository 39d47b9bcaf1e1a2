{#- The second largest value of a group, 0 where there is one alone. -#}
{% macro second_largest(column) -%}
    {{ return(adapter.dispatch('second_largest')(column)) }}
{%- endmacro %}

{% macro duckdb__second_largest(column) -%}
    coalesce(max({{ column }}, 2)[2], 0)
{%- endmacro %}

{#- One text of all (position, amount) pairs of a group in order of position: equal texts, equal vectors. -#}
{% macro vector_text(position, amount) -%}
    {{ return(adapter.dispatch('vector_text')(position, amount)) }}
{%- endmacro %}

{% macro duckdb__vector_text(position, amount) -%}
    string_agg({{ position }} || ':' || {{ amount }}, ',' order by {{ position }})
{%- endmacro %}
