{# Successes in trials, with more that have none.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "families/binomial.stan" as base %}
{% import "mixtures/inflated.stan" as inflated %}
{% macro functions(s) %}{{ base.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ inflated.data(base.data(s), true) }}{% endmacro %}
{% macro model(s, link) %}{{ inflated.model(s, base.model(s, link), base.log_zero(s, "[zero_at]")) }}{% endmacro %}
{% macro tails(s) %}{{ inflated.tails(base.tails(s), base.tail_names(s)) }}{% endmacro %}
{% macro tail_names(s) %}{{ base.tail_names(s) }}, {{ inflated.tail_names() }}{% endmacro %}
{% macro tail_arguments(s, link, kind) %}{{ base.tail_arguments(s, link, kind) }}, {{ inflated.tail_arguments(s, kind) }}{% endmacro %}
