{# Successes in trials, both real, so that weights and shares enter as they are.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // successes
  vector<lower=0>[C] trials;
{% endmacro %}
{% macro model(s, link) %}
  vector[C] mu = {{ link.inverse("eta") }};
  target += dot_product(y, log(mu)) + dot_product(trials - y, log1m(mu));
{% endmacro %}
