{# Zeros by a hurdle, Gamma responses above.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "families/Gamma.stan" as base %}
{% import "mixtures/hurdle.stan" as hurdle %}
{% macro functions(s) %}{{ base.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ hurdle.data(base.data(s), false) }}{% endmacro %}
{% macro model(s, link) %}{{ hurdle.model(s, "hu", base.model(s, link), "") }}{% endmacro %}
{% macro tails(s) %}{{ hurdle.tails(base.tails(s), base.tail_names(s), "hu", false) }}{% endmacro %}
{% macro tail_names(s) %}{{ base.tail_names(s) }}, {{ hurdle.tail_names("hu", false) }}{% endmacro %}
{% macro tail_arguments(s, link, kind) %}{{ base.tail_arguments(s, link, kind) }}, {{ hurdle.tail_arguments(s, "hu", kind, "") }}{% endmacro %}
