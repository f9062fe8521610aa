{# A group term with several, correlated coefficients whose effects are integrated out.
   Contract: as fragments/several.stan; model leaves the Cholesky factor of their covariance as `T_k`. #}
{% macro functions() %}{% endmacro %}
{% macro data(term) %}
  // Group term {{ term.k }}
  int<lower=2> K_{{ term.k }};  // coefficients
{% endmacro %}
{% macro transformed_data(term) %}{% endmacro %}
{% macro parameters(term) %}
{% set k = term.k %}
  cholesky_factor_corr[K_{{ k }}] L_{{ k }};
{% endmacro %}
{% macro model(term, likelihood) %}
{% set k = term.k %}
  // Group term {{ k }}: a = z T'
  matrix[K_{{ k }}, K_{{ k }}] T_{{ k }} = diag_pre_multiply(segment(sd, {{ term.start }}, K_{{ k }}), L_{{ k }});
{% endmacro %}
