{#- Comments are written when a model runs, descriptions are read before: the widest step of any week that the marts hold
    takes the place of the shipped policy's. As dbt-duckdb's own macros otherwise. -#}
{% macro duckdb__alter_column_comment(relation, column_dict) %}
    {% set existing_columns = adapter.get_columns_in_relation(relation) | map(attribute="name") | list %}
    {% for column_name in column_dict if (column_name in existing_columns) %}
        {% set comment = column_dict[column_name]['description'] %}
        {% set told = comment | replace('in steps of 10 ', 'in steps of ' ~ var('widest_step') ~ ' ') %}
        {% set told = told | replace('in steps of 10:', 'in steps of ' ~ var('widest_step') ~ ':') %}
        comment on column {{ relation }}.{{ column_name }} is {{ duckdb_escape_comment(told) }};
    {% endfor %}
{% endmacro %}
