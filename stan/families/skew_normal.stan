{# Skew normal responses with mean mu, sd sigma and skewness by alpha.
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
{% set a = "alpha[cell]" if "alpha" in s.vectors else "alpha" %}
{% set sigma = "sigma[cell]" if "sigma" in s.vectors else "sigma" %}
{% set number = "vector[R]" if "alpha" in s.vectors else "real" %}
  // delta, the mean of a standard skew normal and its sd; then scores about its location
  {{ number }} delta = {{ a }} {{ "./" if "alpha" in s.vectors else "/" }} sqrt(1 + square({{ a }}));
  {{ number }} center = delta * sqrt(2 / pi());
  {{ number }} spread = sqrt(1 - square(center));
  vector[R] z = center + spread {{ ".*" if "alpha" in s.vectors else "*" }} ((y - {{ link.inverse("eta") }}[cell]) {{ "./" if "sigma" in s.vectors else "/" }} {{ sigma }});
  target += -0.5 * dot_product(n, square(z));
{{ normal.add_log_normal("n", a ~ (" .* z" if "alpha" in s.vectors else " * z")) -}}
  target += {{ "dot_product(n, log(spread))" if "alpha" in s.vectors else "sum(n) * log(spread)" }};
  target += -{{ "dot_product(n, log(sigma[cell]))" if "sigma" in s.vectors else "sum(n) * log(sigma)" }};
{% endmacro %}
