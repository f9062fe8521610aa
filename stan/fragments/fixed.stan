{# The fixed part: coefficients, sampled in the coordinates of a quick look at the posterior.
   Contract: macros data, transformed_data, parameters, model, given the Structure `s`, the second and the last the
   records of group terms too; transformed_data leaves `beta_0`, model `alpha_c`, `b` and `beta`. #}
{% macro data(s) %}
  int<lower=0> F;  // fixed coefficients{{ " of all predictors" if s.others else ", the intercept first" if s.intercept }}
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
{% if s.others %}
  int<lower=0, upper=F> I;  // intercepts among them
  array[I] int<lower=1> alpha_at;  // their places
  array[F - I] int<lower=1> b_at;  // those of the others
  matrix[I, F - I] x_mean;  // means over the rows of the columns of each intercept's predictor; 0 of other columns
{% elif s.intercept %}
  vector[F - 1] x_mean;  // means of their columns over the rows
{% endif %}
{% endmacro %}
{% macro transformed_data(s, terms) %}
{% if terms and not s.marginal %}
{% if s.others %}
  vector[F] beta_0 = fix_hat;
  beta_0[alpha_at] -= x_mean * fix_hat[b_at];
{% else %}
  vector[F] beta_0 = {{ of_columns_as_they_are("fix_hat[1]", "tail(fix_hat, F - 1)") if s.intercept else "fix_hat" }};
{% endif %}
{% endif %}
{% endmacro %}
{% macro parameters(s) %}
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
{% endmacro %}
{% macro model(s, terms) %}
  vector[F] fix = fix_hat + fix_L * z_fix;
{% if s.others %}
  vector[I] alpha_c = fix[alpha_at];  // intercepts at the means of the predictors
  vector[F - I] b = fix[b_at];
{% if s.likelihood or terms %}
  // The coefficients of the columns as they are, not centred
  vector[F] beta = fix;
  beta[alpha_at] = alpha_c - x_mean * b;
{% endif %}
{% elif s.intercept %}
  real alpha_c = fix[1];  // intercept at the means of the predictors
  vector[F - 1] b = tail(fix, F - 1);
{% if s.likelihood or terms %}
  // The coefficients of the columns as they are, not centred
  vector[F] beta = {{ of_columns_as_they_are("alpha_c", "b") }};
{% endif %}
{% else %}
  vector[F] b = fix;
{% if s.likelihood or terms %}
  vector[F] beta = b;
{% endif %}
{% endif %}
{% endmacro %}
{% macro of_columns_as_they_are(intercept, slopes) %}
append_row({{ intercept }} - dot_product(x_mean, {{ slopes }}), {{ slopes }})
{%- endmacro %}
