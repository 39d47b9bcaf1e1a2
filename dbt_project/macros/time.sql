{#- The wall clock of the policy's time zone at an instant. -#}
{% macro local_time(instant) -%}
    {{ return(adapter.dispatch('local_time')(instant)) }}
{%- endmacro %}

{% macro duckdb__local_time(instant) -%}
    {{ instant }} at time zone {{ text_literal(var('timezone')) }}
{%- endmacro %}

{#- Elapsed microseconds between two instants. -#}
{% macro elapsed_us(started, ended) -%}
    {{ return(adapter.dispatch('elapsed_us')(started, ended)) }}
{%- endmacro %}

{% macro duckdb__elapsed_us(started, ended) -%}
    epoch_us({{ ended }}) - epoch_us({{ started }})
{%- endmacro %}
