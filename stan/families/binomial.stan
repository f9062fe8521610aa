{# Successes in trials, both real, so that weights and shares enter as they are.
   Contract: macros functions, data, parameters, model(link); model reads `eta`. #}
{% macro functions() %}{% endmacro %}
{% macro data() %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // successes
  vector<lower=0>[C] trials;
{% endmacro %}
{% macro parameters() %}{% endmacro %}
{% macro model(link) %}
  vector[C] mu = {{ link.inverse("eta") }};
  target += dot_product(y, log(mu)) + dot_product(trials - y, log1m(mu));
{% endmacro %}
