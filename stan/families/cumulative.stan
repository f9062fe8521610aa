{# Ordered categories: P(y <= k) is the inverse link of threshold k minus the predictor.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`, the thresholds' `steps` from minus its
   intercept, and the parameters that are vectors. #}
{% import "functions/between.stan" as between %}
{% macro functions(s) %}{{ between.functions(s.link) if not sums(s) }}{% endmacro %}
{% macro sums(s) %}{{ "yes" if s.link == "logit" and "disc" not in s.vectors }}{% endmacro %}
{% macro data(s) %}
{% if sums(s) %}
  // Response: how many of a cell are next to each threshold; weights make them real
{% if s.full %}
  array[T] vector<lower=0>[C] beside;
{% else %}
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  array[R] int<lower=1, upper=T> at;
  vector<lower=0>[R] n;
{% endif %}
  vector<lower=0>[C] below;  // how many of a cell have a threshold above them
  vector<lower=0>[T] below_at;  // how many have each just above them
  vector<lower=0>[T - 1] often;  // responses between two thresholds
{% else %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  array[R] int<lower=1, upper=T + 1> y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endif %}
{% endmacro %}
{% macro model(s, link) %}
{% if sums(s) %}
  // Between thresholds the logistic function grows by its value, one minus its value, and 1 - exp(-gap)
  target += dot_product(below_at, steps) - dot_product(below, eta);
  target += dot_product(often, log1m_exp(steps[1:(T - 1)] - steps[2:T]));
  // One exponential a cell; its product with a threshold's is in range while no probability is below exp(-700)
  vector[C] e = exp(-eta);
  vector[T] f = exp(steps);
{% if s.full %}
  for (t in 1:T) {
    target += -dot_product(beside[t], log1p(f[t] * e));
  }
{% else %}
  target += -dot_product(n, log1p(f[at] .* e[cell]));
{% endif %}
{% else %}
  vector[R] log_p;
  for (r in 1:R) {
    real disc_r = {{ "disc[cell[r]]" if "disc" in s.vectors else "1" }};
    real low = y[r] > 1 ? disc_r * (steps[y[r] - 1] - eta[cell[r]]) : 0;
    real high = y[r] <= T ? disc_r * (steps[y[r]] - eta[cell[r]]) : 0;
    log_p[r] = y[r] == 1 ? log_below(high) : y[r] > T ? log_above(low) : log_between(low, high);
  }
  target += dot_product(n, log_p);
{% endif %}
{% endmacro %}
