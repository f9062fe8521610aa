{# Negative binomial counts with more zeros.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "families/negbinomial.stan" as base %}
{% import "mixtures/inflated.stan" as inflated %}
{% macro functions(s) %}{{ base.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ inflated.data(base.data(s), false) }}{% endmacro %}
{% macro model(s, link) %}{{ inflated.model(s, base.model(s, link), base.log_zero(s, "[zero_at]")) }}{% endmacro %}
