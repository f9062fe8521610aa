{# Successes in trials, both real, so that weights and shares enter as they are.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`; log_zero(s, at), after it, is the log
   probability of no success in `size` trials in cells `at`. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // successes
  vector<lower=0>[C] trials;
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_mu = {{ link.log_inverse("eta") }};
  vector[C] log1m_mu = {{ link.log1m_inverse("eta") }};
  target += dot_product(y, log_mu) + dot_product(trials - y, log1m_mu);
{% endmacro %}
{% macro log_zero(s, at) %}size{{ at }} .* log1m_mu{{ at }}{% endmacro %}
