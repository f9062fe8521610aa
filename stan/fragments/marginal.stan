{# The linear predictor where group effects are integrated out: K rows a group that they enter, and the rest.
   Contract: as fragments/eta.stan; model reads `beta` and the factors `T_k` of terms' covariances, and leaves `eta` and
   `eta_rest`, and in `G` what the effects' standard normal scores are times in each row of a kind. #}
{% macro data(s, terms) %}
  int<lower=1> J;  // groups
  int<lower=1> K;  // effects of a group, and rows that they enter
  int<lower=1> D;  // kinds of groups: those of one kind have the same Z
  vector<lower=1>[D] size;  // groups of each kind
{% for term in terms %}
  matrix[D * K, {{ "K_" ~ term.k if term.several else "1" }}] Z_{{ term.k }};  // the first row of each kind, then the second
{% endfor %}
  int<lower=1> H;  // groups, or fewer whose squares are theirs
  array[H] int<lower=1, upper=D> kind;
  matrix[H * K, F] X;  // the first row of each, then the second
  int<lower=0> R;  // rows that no effect enters
  matrix[R, F] X_rest;
{% endmacro %}
{% macro model(s, terms) %}
  // Linear predictor but for group effects
  vector[H * K] eta = X * beta;
  vector[R] eta_rest = X_rest * beta;
{% set sides = namespace(G="Z_1 * T_1") %}
{% for term in terms[1:] %}
{% set sides.G = "append_col(" ~ sides.G ~ ", Z_" ~ term.k ~ " * T_" ~ term.k ~ ")" %}
{% endfor %}
  matrix[D * K, K] G = {{ sides.G }};
{% endmacro %}
