{# The prior exponential(rate).
   Contract: macros functions, data, model, given the parameter `x`, the stem of the data's names, and `at` in x. #}
{% import "fragments/declare.stan" as declare %}
{% macro functions() %}{% endmacro %}
{% macro data(name, size) %}
{{ declare.positive(name ~ "_rate", size) -}}
{% endmacro %}
{% macro model(x, name, at) %}
  {{ x }}{{ at }} ~ exponential({{ name }}_rate);
{% endmacro %}
