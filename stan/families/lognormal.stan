{# Positive responses whose logarithms are normal: gaussian's of those.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "families/gaussian.stan" as gaussian %}
{% macro functions(s) %}{{ gaussian.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ gaussian.data(s) }}{% endmacro %}
{% macro model(s, link) %}{{ gaussian.model(s, link) }}{% endmacro %}
