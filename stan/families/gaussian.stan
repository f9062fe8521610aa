{# Normal observations with lme4's precision weights, a cell by its mean and all within-cell squares in one sum.
   Contract: macros functions, data, parameters, model(link); model reads `eta`. #}
{% macro functions() %}{% endmacro %}
{% macro data() %}
  // Response: variance sigma^2 / weight a row; the offset is already subtracted
  int<lower=0> N;  // rows
  vector<lower=0>[C] n;  // sum of weights in the cell
  vector[C] y;  // weighted mean of the cell
  real<lower=0> ss;  // weighted squares around the cell means, summed over cells
{% endmacro %}
{% macro parameters() %}
  real<lower=0> sigma;  // residual standard deviation
{% endmacro %}
{% macro model(link) %}
  target += -N * log(sigma) - 0.5 * (ss + dot_product(n, square(y - {{ link.inverse("eta") }}))) / square(sigma);
{% endmacro %}
