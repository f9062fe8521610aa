{# The fixed part: coefficients, sampled in the coordinates of a quick look at the posterior.
   Contract: macros data, transformed_data, parameters, model, given the Structure `s`, the second and the last the
   records of group terms too; transformed_data leaves `beta_0`, model `alpha_c`, `b` and `beta`, and `beta_swept` where
   terms with means stand beside rotated ones, whose effects it reads. #}
{% macro data(s) %}
  int<lower=0> F;  // fixed coefficients{{ ", the intercept first" if s.intercept }}
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
{% if s.intercept %}
  vector[F - 1] x_mean;  // means of their columns over the rows
{% endif %}
{% endmacro %}
{% macro transformed_data(s, terms) %}
{% if terms and not s.marginal %}
  vector[F] beta_0 = {{ of_columns_as_they_are("fix_hat[1]", "tail(fix_hat, F - 1)") if s.intercept else "fix_hat" }};
{% endif %}
{% endmacro %}
{% macro parameters(s) %}
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
{% endmacro %}
{% macro model(s, terms) %}
{% if s.rotated %}
  // Coefficients with what of rotated effects is swept into them, and without
  vector[F] swept = fix_hat + fix_L * z_fix;
  vector[F] fix = swept{% for term in terms | selectattr("rotated") %} - S_{{ term.k }} * a_{{ term.k }}{% endfor %};
{% else %}
  vector[F] fix = fix_hat + fix_L * z_fix;
{% endif %}
{% if s.intercept %}
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
{% if terms | selectattr("swept") | list %}
  vector[F] beta_swept = {{ of_columns_as_they_are("swept[1]", "tail(swept, F - 1)") if s.intercept else "swept" }};
{% endif %}
{% endmacro %}
{% macro of_columns_as_they_are(intercept, slopes) %}
append_row({{ intercept }} - dot_product(x_mean, {{ slopes }}), {{ slopes }})
{%- endmacro %}
