{# A group term with one coefficient, in a basis of its effects in which the data's information is diagonal. What the
   effects share with fixed columns is swept into those coefficients.
   Contract: as fragments/one.stan; model reads nothing of the fixed part, and leaves `a_k`, from which
   fragments/fixed.stan takes S_k a_k. #}
{% macro functions() %}{% endmacro %}
{% macro data(term) %}
{% set k = term.k %}
  // Group term {{ k }}
  int<lower=1> J_{{ k }};  // levels
  matrix[J_{{ k }}, J_{{ k }}] Q_{{ k }};  // orthonormal: the basis
  matrix[F, J_{{ k }}] S_{{ k }};  // what of the effects is part of the coefficients that are sampled
  int<lower=0> P_{{ k }};  // fixed columns that enter the predictor with this term
  array[P_{{ k }}] int<lower=1> B_at_{{ k }};  // their places
  matrix[J_{{ k }}, P_{{ k }}] B_{{ k }};  // column = Z times this, by level
  vector<lower=0, upper=1>[J_{{ k }}] w_{{ k }};  // centring: 0 not at all, 1 fully
  real<lower=0> c_{{ k }};  // its unit: about the sd of the effects
{% endmacro %}
{% macro transformed_data(term) %}
{% set k = term.k %}
  vector[J_{{ k }}] h_{{ k }} = w_{{ k }} ./ (2 - w_{{ k }});  // the weight in scales
{% endmacro %}
{% macro parameters(term) %}
{% set k = term.k %}
  vector[J_{{ k }}] t_{{ k }};  // group effects in their basis, partially centred
{% endmacro %}
{% macro model(term, likelihood) %}
{% set k = term.k %}
  // Group term {{ k }}: a = tau Q z; sampled is t = r z
  real tau_{{ k }} = sd[{{ term.start }}];
  vector[J_{{ k }}] rr_{{ k }} = 1 - h_{{ k }} + square(tau_{{ k }} / c_{{ k }}) * h_{{ k }};
  vector[J_{{ k }}] z_{{ k }} = t_{{ k }} ./ sqrt(rr_{{ k }});
  target += std_normal_lupdf(z_{{ k }});
  target += -0.5 * sum(log(rr_{{ k }}));
  vector[J_{{ k }}] a_{{ k }} = tau_{{ k }} * (Q_{{ k }} * z_{{ k }});
{% endmacro %}
