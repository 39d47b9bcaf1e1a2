{#- The condition is true of every row; null is not true. -#}
{% test row_holds(model, condition) %}
select 1 as broken
from {{ model }}
where ({{ condition }}) is not true
{% endtest %}
