{# The fixed part: intercept at centred predictors, and coefficients.
   Contract: macros data, parameters, model, each given the Structure `s`, model the records of group terms too;
   model leaves `alpha_c`, `b` and `beta`, and `beta_swept` where terms that absorb columns stand beside rotated ones. #}
{% macro data(s) %}
  int<lower=0> P;  // fixed columns{{ " beside the intercept" if s.intercept }}
{% if s.intercept %}
  vector[P] x_mean;  // their means over the rows
{% endif %}
{% endmacro %}
{% macro parameters(s) %}
{% if s.rotated %}
  vector[{{ "P + 1" if s.intercept else "P" }}] swept;  // coefficients with what is swept into them{{ ", the intercept at the means first" if s.intercept }}
{% else %}
{% if s.intercept %}
  real alpha_c;  // intercept at the means of the predictors
{% endif %}
  vector[P] b;
{% endif %}
{% endmacro %}
{% macro model(s, terms) %}
{% if s.rotated %}
  // Coefficients without what is swept into them
  vector[{{ "P + 1" if s.intercept else "P" }}] fix = swept{% for term in terms | selectattr("rotated") %} - S_{{ term.k }} * a_{{ term.k }}{% endfor %};
{% if s.intercept %}
  real alpha_c = fix[1];  // intercept at the means of the predictors
{% endif %}
  vector[P] b = {{ "tail(fix, P)" if s.intercept else "fix" }};
{% endif %}
{% if s.likelihood or terms %}
{% if s.intercept %}
  // The coefficients of the columns as they are, not centred
{% endif %}
  {{ not_centred(s, "beta", "alpha_c", "b") }}
{% if terms | selectattr("swept") | list %}
  {{ not_centred(s, "beta_swept", "swept[1]", "tail(swept, P)" if s.intercept else "swept") }}
{% endif %}
{% endif %}
{% endmacro %}
{% macro not_centred(s, name, intercept, slopes) %}
{% if s.intercept %}
vector[P + 1] {{ name }} = append_row({{ intercept }} - dot_product(x_mean, {{ slopes }}), {{ slopes }});
{%- else %}
vector[P] {{ name }} = {{ slopes }};
{%- endif %}
{% endmacro %}
