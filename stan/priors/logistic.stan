{# The prior logistic(location, scale).
   Contract: macros functions, data, model, given the parameter `x`, the stem of the data's names, and `at` in x. #}
{% import "fragments/declare.stan" as declare %}
{% macro functions() %}{% endmacro %}
{% macro data(name, size) %}
{{ declare.real(name ~ "_location", size) -}}
{{ declare.positive(name ~ "_scale", size) -}}
{% endmacro %}
{% macro model(x, name, at) %}
  {{ x }}{{ at }} ~ logistic({{ name }}_location, {{ name }}_scale);
{% endmacro %}
