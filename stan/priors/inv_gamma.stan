{# The prior inv_gamma(shape, scale).
   Contract: macros functions, data, model, given the parameter `x`, the stem of the data's names, and `at` in x. #}
{% import "fragments/declare.stan" as declare %}
{% macro functions() %}{% endmacro %}
{% macro data(name, size) %}
{{ declare.positive(name ~ "_shape", size) -}}
{{ declare.positive(name ~ "_scale", size) -}}
{% endmacro %}
{% macro model(x, name, at) %}
  {{ x }}{{ at }} ~ inv_gamma({{ name }}_shape, {{ name }}_scale);
{% endmacro %}
