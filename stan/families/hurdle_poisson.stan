{# Zeros by a hurdle, Poisson counts above.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "families/poisson.stan" as base %}
{% import "mixtures/hurdle.stan" as hurdle %}
{% macro functions(s) %}{{ base.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ hurdle.data(base.data(s), true) }}{% endmacro %}
{% macro model(s, link) %}{{ hurdle.model(s, "hu", base.model(s, link), base.log_zero(s, "[other_at]")) }}{% endmacro %}
{% macro tails(s) %}{{ hurdle.tails(base.tails(s), base.tail_names(s), "hu", true) }}{% endmacro %}
{% macro tail_names(s) %}{{ base.tail_names(s) }}, {{ hurdle.tail_names("hu", true) }}{% endmacro %}
{% macro tail_arguments(s, link, kind) %}{{ base.tail_arguments(s, link, kind) }}, {{ hurdle.tail_arguments(s, "hu", kind, base.log_zero(s, "[cell_" ~ kind ~ "]")) }}{% endmacro %}
