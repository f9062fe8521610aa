{# The prior lkj(regularization).
   Contract: macros functions, data, model, given the parameter `x`, the stem of the data's names, and `at` in x. #}
{% import "fragments/declare.stan" as declare %}
{% macro functions() %}{% endmacro %}
{% macro data(name, size) %}
{{ declare.positive(name ~ "_regularization", size) -}}
{% endmacro %}
{% macro model(x, name, at) %}
  {{ x }} ~ lkj_corr_cholesky({{ name }}_regularization{{ at }});
{% endmacro %}
