{# The fixed part: coefficients, sampled in the coordinates of a quick look at the posterior.
   Contract: macros data, transformed_data, parameters, model, given the Structure `s`, all but the third the
   records of group terms too; transformed_data leaves `beta_0`, model `alpha_c`, `b` and `beta`, and `beta_swept` and
   `beta_apart` where terms with means stand beside rotated ones, whose effects it reads. #}
{% macro data(s, terms) %}
  int<lower=0> F;  // fixed coefficients{{ " of all predictors" if s.others else ", the intercept first" if s.intercept }}
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
{% if terms | selectattr("swept") | list %}
  vector<lower=0, upper=1>[F] apart;  // 0 for columns that enter the predictor with a rotated term
{% endif %}
{% if s.fenced %}
  vector[F] z_lower;  // bounds in these units, infinite where there is none
  vector[F] z_upper;
{% endif %}
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
{% if terms | rejectattr("rotated") | list and not s.marginal %}
{{ as_they_are("beta_0", "fix_hat", s) }}
{% endif %}
{% endmacro %}
{% macro parameters(s) %}
  vector{{ "<lower=z_lower, upper=z_upper>" if s.fenced }}[F] z_fix;  // fixed coefficients, in units of their posterior
{% endmacro %}
{% macro model(s, terms) %}
{% if s.rotated %}
  // Coefficients with what of rotated effects is swept into them, and without
  vector[F] swept = fix_hat + fix_L * z_fix;
  vector[F] fix = swept{% for term in terms | selectattr("rotated") %} - S_{{ term.k }} * a_{{ term.k }}{% endfor %};
{% else %}
  vector[F] fix = fix_hat + fix_L * z_fix;
{% endif %}
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
{% if terms | selectattr("swept") | list %}
{{ as_they_are("beta_swept", "swept", s) }}
  vector[F] beta_apart = beta .* apart;
{% endif %}
{% endmacro %}
{% macro as_they_are(name, fix, s) %}
{% if s.others %}
  vector[F] {{ name }} = {{ fix }};
  {{ name }}[alpha_at] -= x_mean * {{ fix }}[b_at];
{%- else %}
  vector[F] {{ name }} = {{ of_columns_as_they_are(fix ~ "[1]", "tail(" ~ fix ~ ", F - 1)") if s.intercept else fix }};
{%- endif %}
{% endmacro %}
{% macro of_columns_as_they_are(intercept, slopes) %}
append_row({{ intercept }} - dot_product(x_mean, {{ slopes }}), {{ slopes }})
{%- endmacro %}
