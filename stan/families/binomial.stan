{# Successes in trials, both real, so that weights and shares enter as they are.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // successes
  vector<lower=0>[C] trials;
{% endmacro %}
{% macro model(s, link) %}
  target += dot_product(y, {{ link.log_inverse("eta") }}) + dot_product(trials - y, {{ link.log1m_inverse("eta") }});
{% endmacro %}
