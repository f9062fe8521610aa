{# The prior beta(alpha, beta).
   Contract: macros functions, data, model, given the parameter `x`, the stem of the data's names, and `at` in x. #}
{% import "fragments/declare.stan" as declare %}
{% macro functions() %}{% endmacro %}
{% macro data(name, size) %}
{{ declare.positive(name ~ "_alpha", size) -}}
{{ declare.positive(name ~ "_beta", size) -}}
{% endmacro %}
{% macro model(x, name, at) %}
  {{ x }}{{ at }} ~ beta({{ name }}_alpha, {{ name }}_beta);
{% endmacro %}
