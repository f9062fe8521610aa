{# Zeros by a hurdle, Gamma responses above.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "families/Gamma.stan" as base %}
{% import "mixtures/hurdle.stan" as hurdle %}
{% macro functions(s) %}{{ base.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ hurdle.data(base.data(s), false) }}{% endmacro %}
{% macro model(s, link) %}{{ hurdle.model(s, "hu", base.model(s, link), "") }}{% endmacro %}
