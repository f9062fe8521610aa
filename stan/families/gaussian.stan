{# Normal observations, in rows whose squares around eta, with those of `ss`, are the observations'.
   Contract: macros functions, data, parameters, model(link); model reads `eta`. #}
{% macro functions() %}{% endmacro %}
{% macro data() %}
  // Response: rows are already times the square roots of their weights, less the offset
  int<lower=0> N;  // observations
  vector[C] y;
  real<lower=0> ss;  // squares that are the same whatever eta is
{% endmacro %}
{% macro parameters() %}
  real<lower=0> sigma;  // residual standard deviation
{% endmacro %}
{% macro model(link) %}
  target += -N * log(sigma) - 0.5 * (ss + dot_self(y - {{ link.inverse("eta") }})) / square(sigma);
{% endmacro %}
