{# Counts that vary more than their mean: variance mu + mu^2 / shape.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors;
   log_zero(s, at), after it, is the log probability of a zero in cells `at`. #}
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
  vector[C] log_odds = {{ link.log_inverse("eta") }} - log(shape);
  vector[C] spread = log1p_exp(log_odds);
{% if "shape" in s.vectors %}
  vector[R] a = shape[cell];
  target += dot_product(n, log_ascending(log(a), y) + y .* log_odds[cell] - (y + a) .* spread[cell]);
{% else %}
  target += dot_product(often, log_rising(shape, count));
  target += dot_product(y, {{ link.log_inverse("eta") }}) - dot_product(y + shape * n, spread);
{% endif %}
{% endmacro %}
{% macro log_zero(s, at) %}-shape{{ at ~ " .*" if "shape" in s.vectors else " *" }} spread{{ at }}{% endmacro %}
