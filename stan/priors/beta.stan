{# The prior beta(shape1, shape2).
   Contract: macros functions, data, model, given the parameter `x`, the stem of the data's names, and `at` in x. #}
{% import "fragments/declare.stan" as declare %}
{% macro functions() %}{% endmacro %}
{% macro data(name, size) %}
{{ declare.positive(name ~ "_shape1", size) -}}
{{ declare.positive(name ~ "_shape2", size) -}}
{% endmacro %}
{% macro model(x, name, at) %}
  {{ x }}{{ at }} ~ beta({{ name }}_shape1, {{ name }}_shape2);
{% endmacro %}
