{# Zeros by a hurdle, above them responses whose logarithms are normal, a cell by their mean and squares.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "families/gaussian.stan" as gaussian %}
{% import "families/lognormal.stan" as lognormal %}
{% import "mixtures/hurdle.stan" as hurdle %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}{{ hurdle.data(gaussian.data_of_cells(s), false) }}{% endmacro %}
{% macro model(s, link) %}{{ hurdle.model(s, "hu", gaussian.model_of_cells(s, link), "") }}{% endmacro %}
{% macro tails(s) %}{{ hurdle.tails(lognormal.tails(s), lognormal.tail_names(s), "hu", false) }}{% endmacro %}
{% macro tail_names(s) %}{{ lognormal.tail_names(s) }}, {{ hurdle.tail_names("hu", false) }}{% endmacro %}
{% macro tail_arguments(s, link, kind) %}{{ lognormal.tail_arguments(s, link, kind) }}, {{ hurdle.tail_arguments(s, "hu", kind, "") }}{% endmacro %}
