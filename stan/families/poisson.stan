{# Counts, a cell by its total and its exposure.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`; log_zero(s, at), after it, is the log
   probability of a zero in cells `at`. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // total of the counts
  vector<lower=0>[C] exposure;  // sum of exp(offset)
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_mu = {{ link.log_inverse("eta") }};
  vector[C] mu = exp(log_mu);
  target += dot_product(y, log_mu) - dot_product(exposure, mu);
{% endmacro %}
{% macro log_zero(s, at) %}-mu{{ at }}{% endmacro %}
