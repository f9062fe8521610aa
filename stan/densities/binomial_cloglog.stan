{# Binomial with a complementary log-log link: log(1 - p) is -exp(eta).
   Contract: a macro model(s, link) that reads `eta` and the data of its family. #}
{% macro model(s, link) %}
  vector[C] hazard = exp(eta);
  target += dot_product(y, log1m_exp(-hazard)) - dot_product(trials - y, hazard);
{% endmacro %}
