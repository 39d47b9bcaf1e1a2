{#- Slots by their position on one axis of the app's side marts, by units of the dimension that it divides. -#}
{% macro slots_on_axis(name, dimension, position) -%}
    select
        week_start,
        '{{ name }}' as axis,
        '{{ dimension }}' as dimension,
        {{ 'region_code' if dimension == 'region' else 'age_band' }} as unit,
        person,
        {{ position }} as position,
        sessions,
        duration_us
    from slots
{%- endmacro %}

{#- In which of the policy's bands of an axis a number lies, from 0; bounds are of so many of the number's units. -#}
{% macro band_position(number, axis, units=1) -%}
    (
        0
        {%- for bound in var('axes').get(axis, {}).get('bounds', [])[1:] %}
        + case when {{ number }} >= {{ bound * units }} then 1 else 0 end
        {%- endfor %}
    )
{%- endmacro %}

{#- Which of the policy's words of an axis a word is, from 0: `other` where it is none of them, `unknown` where it is null. -#}
{% macro word_position(word, axis) -%}
    {%- set words = var('axes').get(axis, {}).get('words', ['other', 'unknown']) -%}
    case
        {%- for one in words %}
        when coalesce({{ word }}, 'unknown') = '{{ one }}' then {{ loop.index0 }}
        {%- endfor %}
        else {{ words.index('other') }}
    end
{%- endmacro %}
