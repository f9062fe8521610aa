{# The linear predictor where group effects are integrated out: K rows a group that they enter, and the rest.
   Contract: as fragments/eta.stan; model reads `beta` and the factors `T_k` of terms' covariances, and leaves `eta` and
   `eta_rest`, and in `G` what the effects' standard normal scores are times in each row. #}
{% macro data(s, terms) %}
  int<lower=1> J;  // groups
  int<lower=1> K;  // effects of a group, and rows that they enter
  matrix[J * K, P{{ " + 1" if s.intercept }}] X;  // the first row of each group, then the second
{% for term in terms %}
  matrix[J * K, {{ "K_" ~ term.k if term.several else "1" }}] Z_{{ term.k }};
{% endfor %}
  int<lower=0> R;  // rows that no effect enters
  matrix[R, P{{ " + 1" if s.intercept }}] X_rest;
{% endmacro %}
{% macro model(s, terms) %}
  // Linear predictor but for group effects
  vector[J * K] eta = X * beta;
  vector[R] eta_rest = X_rest * beta;
{% set sides = namespace(G="Z_1 * T_1") %}
{% for term in terms[1:] %}
{% set sides.G = "append_col(" ~ sides.G ~ ", Z_" ~ term.k ~ " * T_" ~ term.k ~ ")" %}
{% endfor %}
  matrix[J * K, K] G = {{ sides.G }};
{% endmacro %}
