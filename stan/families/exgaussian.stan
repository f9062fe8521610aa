{# The sum of a normal and an exponential variable, whose mean is beta, here `exp_mean`: mu is the mean of the sum.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "functions/normal.stan" as normal %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
{% set b = "exp_mean[cell]" if "beta" in s.vectors else "exp_mean" %}
  // Of the normal part z, and its sd in units of the exponential part's mean
  vector[R] z = (y - {{ link.inverse("eta") }}[cell] + {{ b }}) {{ "./ sigma[cell]" if "sigma" in s.vectors else "/ sigma" }};
{% if "sigma" in s.vectors or "beta" in s.vectors %}
  vector[R] r = {{ "sigma[cell]" if "sigma" in s.vectors else "sigma" }} {{ "./" if "beta" in s.vectors else "/" }} {{ b }};
  target += dot_product(n, r .* (0.5 * r - z));
{% else %}
  real r = sigma / exp_mean;
  target += r * (0.5 * r * sum(n) - dot_product(n, z));
{% endif %}
{{ normal.add_log_normal("n", "z - r") -}}
  target += -{{ "dot_product(n, log(exp_mean[cell]))" if "beta" in s.vectors else "sum(n) * log(exp_mean)" }};
{% endmacro %}
