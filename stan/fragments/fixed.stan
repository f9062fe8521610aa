{# The fixed part: intercept at centred predictors, and coefficients.
   Contract: macros data, parameters, model, each given the Structure `s`, model the records of group terms too;
   model leaves `beta`. #}
{% macro data(s) %}
  int<lower=0> P;  // fixed columns{{ " beside the intercept" if s.intercept }}
{% if s.intercept %}
  vector[P] x_mean;  // their means over the rows
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
{% endmacro %}
