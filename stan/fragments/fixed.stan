{# The fixed part: intercepts at centred predictors, and coefficients.
   Contract: macros data, parameters, model, each given the Structure `s`, model the records of group terms too;
   model leaves `beta`. #}
{% macro data(s) %}
  int<lower=0> P;  // fixed columns{{ " beside the intercept" if s.intercept }}
{% if s.others %}
  int<lower=0> I;  // intercepts of all predictors
  array[I] int<lower=1> alpha_at;  // their places among all coefficients
  array[P] int<lower=1> b_at;  // those of the others
  matrix[I, P] x_mean;  // means over the rows of the columns of each one's predictor; elsewhere 0
{% elif s.intercept %}
  vector[P] x_mean;  // their means over the rows
{% endif %}
{% endmacro %}
{% macro parameters(s) %}
{% if s.others %}
  vector[I] alpha_c;  // intercepts at the means of the predictors
{% elif s.intercept %}
  real alpha_c;  // intercept at the means of the predictors
{% endif %}
  vector[P] b;
{% endmacro %}
{% macro model(s, terms) %}
{% if s.likelihood or terms %}
{% if s.others %}
  // The coefficients of the columns as they are, not centred
  vector[I + P] beta;
  beta[alpha_at] = alpha_c - x_mean * b;
  beta[b_at] = b;
{% elif s.intercept %}
  // The coefficients of the columns as they are, not centred
  vector[P + 1] beta = append_row(alpha_c - dot_product(x_mean, b), b);
{% else %}
  vector[P] beta = b;
{% endif %}
{% endif %}
{% endmacro %}
