{# Poisson with a log link.
   Contract: a macro model(s, link) that reads `eta` and the data of its family. #}
{% macro model(s, link) %}
  target += dot_product(y, eta) - dot_product(exposure, exp(eta));
{% endmacro %}
