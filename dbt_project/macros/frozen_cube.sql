{#- A mart whose rows are the frozen cells of its cube: the columns and types of its contract, rows in the order that its
    meta names. -#}
{% macro frozen_cube() -%}
    {%- set columns = [] -%}
    {%- for column in model.columns.values() -%}
        {%- do columns.append((column.name, column.data_type)) -%}
    {%- endfor -%}
    select *
    from {{ source_files('frozen_cells', model.name, columns) }}
    order by {{ model.config.meta.order | join(', ') }}
{%- endmacro %}
