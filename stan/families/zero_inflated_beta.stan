{# Zeros by a hurdle, which brms calls zi, and shares between 0 and 1.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "families/beta.stan" as base %}
{% import "mixtures/hurdle.stan" as hurdle %}
{% macro functions(s) %}{{ base.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ hurdle.data(base.data(s), false) }}{% endmacro %}
{% macro model(s, link) %}{{ hurdle.model(s, "zi", base.model(s, link), "") }}{% endmacro %}
{% macro tails(s) %}{{ hurdle.tails(base.tails(s), base.tail_names(s), "zi", false) }}{% endmacro %}
{% macro tail_names(s) %}{{ base.tail_names(s) }}, {{ hurdle.tail_names("zi", false) }}{% endmacro %}
{% macro tail_arguments(s, link, kind) %}{{ base.tail_arguments(s, link, kind) }}, {{ hurdle.tail_arguments(s, "zi", kind, "") }}{% endmacro %}
