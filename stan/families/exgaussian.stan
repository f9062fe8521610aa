{# The sum of a normal and an exponential variable, whose mean is beta: mu is the mean of the sum.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "functions/normal.stan" as functions_of %}
{% macro functions(s) %}{{ functions_of.log_normal() }}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
{% set b = "exp_mean" if "beta" in s.vectors else "beta" %}
{% if "beta" in s.vectors %}
  vector[R] exp_mean = beta[cell];
{% endif %}
  // Of the normal part z, and its sd in units of the exponential part's mean
  vector[R] z = (y - {{ link.inverse("eta") }}[cell] + {{ b }}) {{ "./ sigma[cell]" if "sigma" in s.vectors else "/ sigma" }};
{% if "sigma" in s.vectors or "beta" in s.vectors %}
  vector[R] r = {{ "sigma[cell]" if "sigma" in s.vectors else "sigma" }} {{ "./" if "beta" in s.vectors else "/" }} {{ b }};
  target += dot_product(n, r .* (0.5 * r - z) + log_Phi_each(z - r));
{% else %}
  real r = sigma / beta;
  target += dot_product(n, r * (0.5 * r - z) + log_Phi_each(z - r));
{% endif %}
  target += -{{ "dot_product(n, log(exp_mean))" if "beta" in s.vectors else "sum(n) * log(beta)" }};
{% endmacro %}
