{# Binomial with a logit link: log p = y eta - n log(1 + exp(eta)), exact in both tails.
   Contract: a macro model(s, link) that reads `eta` and the data of its family. #}
{% macro model(s, link) %}
  target += dot_product(y, eta) - dot_product(trials, log1p_exp(eta));
{% endmacro %}
