{# Counts with variance mu + mu^2, a cell by its sums.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] n;
  vector<lower=0>[C] y;  // total of the counts
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_mu = {{ link.log_inverse("eta") }};
  target += dot_product(y, log_mu) - dot_product(y + n, log1p_exp(log_mu));
{% endmacro %}
