{# Zeros by a hurdle, above them responses whose logarithms are normal, a cell by their mean and squares.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "families/gaussian.stan" as gaussian %}
{% import "mixtures/hurdle.stan" as hurdle %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}{{ hurdle.data(gaussian.data_of_cells(s), false) }}{% endmacro %}
{% macro model(s, link) %}{{ hurdle.model(s, "hu", gaussian.model_of_cells(s, link), "") }}{% endmacro %}
