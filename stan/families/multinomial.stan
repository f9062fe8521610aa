{# Counts of categories in no order: the likelihood of as many responses of each.
   Contract: macros functions(s), data(s), model(s, link), as families/categorical.stan, whose data it has. #}
{% import "families/categorical.stan" as categorical %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}{{ categorical.data(s) }}{% endmacro %}
{% macro model(s, link) %}{{ categorical.model(s, link) }}{% endmacro %}
