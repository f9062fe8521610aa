{# Counts that vary more than their mean: variance mu + mu^2 / shape.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "functions/rising.stan" as functions_of %}
{% macro functions(s) %}{{ functions_of.ascending() if "shape" in s.vectors else functions_of.rising() }}{% endmacro %}
{% macro data(s) %}
{% if "shape" in s.vectors %}
  // Response: the distinct counts of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector<lower=0>[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% else %}
  // Response: sums over the rows of a cell, and how often each count is there; weights make them real
  vector<lower=0>[C] n;
  vector<lower=0>[C] y;  // total of the counts
  int<lower=0> U;
  vector<lower=0>[U] count;
  vector<lower=0>[U] often;
{% endif %}
{% endmacro %}
{% macro model(s, link) %}
{% set log_mu = link.log_inverse("eta") %}
{% if "shape" in s.vectors %}
  vector[R] a = shape[cell];
  vector[R] log_odds = ({{ log_mu }} - log(shape))[cell];
  target += dot_product(n, log_ascending(log(a), y) + y .* log_odds - (y + a) .* log1p_exp(log_odds));
{% else %}
  target += dot_product(often, log_rising(shape, count));
  target += dot_product(y, {{ log_mu }}) - dot_product(y + shape * n, log1p_exp({{ log_mu }} - log(shape)));
{% endif %}
{% endmacro %}
