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
{% if s.items %}
  int<lower=0> B;  // neighbours among thresholds
  array[B] int<lower=1, upper=T> next;  // the upper one of each pair, the lower just before it
  vector<lower=0>[B] often;  // responses between two thresholds
{% else %}
  vector<lower=0>[T - 1] often;  // responses between two thresholds
{% endif %}
{% else %}
  // Response: the distinct ones of each cell, and how often they are there; weights make that real
{% for name, size, what in (("lowest", "R_lowest", "lowest"), ("highest", "R_highest", "highest"), ("between", "R", "others")) %}
  int<lower=0> {{ size }};  // {{ what }}
  array[{{ size }}] int<lower=1, upper=C> cell_{{ name }};
  vector<lower=0>[{{ size }}] n_{{ name }};
{% endfor %}
{% if s.items %}
  array[R_lowest] int<lower=1, upper=T> at_lowest;  // the threshold above each of the lowest
  array[R_highest] int<lower=1, upper=T> at_highest;  // and below each of the highest
{% endif %}
  array[R] int<lower=1, upper=T> under;  // the threshold below each of the others
  array[R] int<lower=1, upper=T> over;  // and above it
{% endif %}
{% endmacro %}
{% macro model(s, link) %}
{% if sums(s) %}
  // Between thresholds the logistic function grows by its value, one minus its value, and 1 - exp(-gap)
  target += dot_product(below_at, steps) - dot_product(below, eta);
{% if s.items %}
  vector[T] before = append_row(0, steps[1:(T - 1)]);
  target += dot_product(often, log1m_exp(before[next] - steps[next]));
{% else %}
  target += dot_product(often, log1m_exp(steps[1:(T - 1)] - steps[2:T]));
{% endif %}
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
  target += dot_product(n_lowest, log_below({{ away("steps[at_lowest]" if s.items else "steps[1]", "lowest", s) }}));
  target += dot_product(n_highest, log_above({{ away("steps[at_highest]" if s.items else "steps[T]", "highest", s) }}));
  target += dot_product(n_between, log_between({{ away("steps[under]", "between", s) }}, {{ away("steps[over]", "between", s) }}));
{% endif %}
{% endmacro %}
{% macro away(threshold, name, s) %}
{{ ("disc[cell_" ~ name ~ "] .* ") if "disc" in s.vectors }}({{ threshold }} - eta[cell_{{ name }}])
{%- endmacro %}
