{# Zeros by a hurdle, Poisson counts above.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "families/poisson.stan" as base %}
{% import "mixtures/hurdle.stan" as hurdle %}
{% macro functions(s) %}{{ base.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ hurdle.data(base.data(s), true) }}{% endmacro %}
{% macro model(s, link) %}{{ hurdle.model(s, "hu", base.model(s, link), base.log_zero(s, "[other_at]")) }}{% endmacro %}
