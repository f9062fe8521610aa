{# The prior uniform(lower, upper).
   Contract: macros functions, data, model, given the parameter `x`, the stem of the data's names, and `at` in x. #}
{% import "fragments/declare.stan" as declare %}
{% macro functions() %}{% endmacro %}
{% macro data(name, size) %}
{{ declare.real(name ~ "_lower", size) -}}
{{ declare.real(name ~ "_upper", size) -}}
{% endmacro %}
{% macro model(x, name, at) %}
  {{ x }}{{ at }} ~ uniform({{ name }}_lower, {{ name }}_upper);
{% endmacro %}
