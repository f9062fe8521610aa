{# Gaussian's of the logarithms, with the group effects integrated out.
   Contract: that of a family's file; model reads `eta`, `eta_rest` and `G` of fragments/marginal.stan. #}
{% import "densities/gaussian_marginal.stan" as gaussian %}
{% macro functions(s) %}{{ gaussian.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ gaussian.data(s) }}{% endmacro %}
{% macro model(s, link) %}{{ gaussian.model(s, link) }}{% endmacro %}
