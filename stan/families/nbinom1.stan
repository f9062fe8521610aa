{# Counts with variance mu (1 + phi): a negative binomial of size mu / phi.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "functions/rising.stan" as functions_of %}
{% macro functions(s) %}{{ functions_of.ascending() }}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector<lower=0>[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_size = {{ link.log_inverse("eta") }} - log(phi);
  vector[C] size_times = exp(log_size) {{ ".*" if "phi" in s.vectors else "*" }} log1p(phi);
  target += dot_product(n, log_ascending(log_size[cell], y) - size_times[cell]);
  target += {{ "dot_product(n .* y, log_inv_logit(log(phi))[cell])" if "phi" in s.vectors else "dot_product(n, y) * log_inv_logit(log(phi))" }};
{% endmacro %}
