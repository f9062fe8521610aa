{# Counts, a cell by its total and its exposure.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`; log_zero(s, link), after it, is the log
   probability of a zero in each cell. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // total of the counts
  vector<lower=0>[C] exposure;  // sum of exp(offset)
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_mu = {{ link.log_inverse("eta") }};
  target += dot_product(y, log_mu) - dot_product(exposure, exp(log_mu));
{% endmacro %}
{% macro log_zero(s, link) %}-exp(log_mu){% endmacro %}
