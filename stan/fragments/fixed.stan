{# The fixed part: intercept at centred predictors, coefficients, and the linear predictor's start.
   Contract: macros data, parameters, model, each given the Structure `s`; leaves `beta` and, with a likelihood, `eta`. #}
{% macro data(s) %}
{% if s.likelihood %}
  int<lower=0> C;  // cells: rows that share every predictor
{% endif %}
  int<lower=0> P;  // fixed columns{{ " beside the intercept" if s.intercept }}
{% if s.intercept %}
  vector[P] x_mean;  // their means over the rows
{% endif %}
{% if s.likelihood %}
  int<lower=0> P_x;  // fixed columns that no group term has absorbed{{ ", the intercept counting first" if s.intercept }}
  array[P_x] int<lower=1> x_at;  // their places
  matrix[C, P_x] X;
{% if s.offset %}
  vector[C] offsets;
{% endif %}
{% endif %}
{% endmacro %}
{% macro parameters(s) %}
{% if s.intercept %}
  real alpha_c;  // intercept at the means of the predictors
{% endif %}
  vector[P] b;
{% endmacro %}
{% macro model(s, terms) %}
{% if s.likelihood or terms %}
{% if s.intercept %}
  // The coefficients of the columns as they are, not centred
  vector[P + 1] beta = append_row(alpha_c - dot_product(x_mean, b), b);
{% else %}
  vector[P] beta = b;
{% endif %}
{% endif %}
{% if s.likelihood %}
  vector[C] eta = {{ "offsets + " if s.offset }}X * beta[x_at];
{% endif %}
{% endmacro %}
