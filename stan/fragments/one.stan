{# A group term with one coefficient.
   Contract: macros functions, data, transformed_data, parameters, model, each given the term's number k from 1. #}
{% macro functions() %}{% endmacro %}
{% macro data(k, likelihood) %}
  // Group term {{ k }}
  int<lower=1> J_{{ k }};  // levels
{% if likelihood %}
  array[C] int<lower=1, upper=J_{{ k }}> g_{{ k }};  // level of each cell
  vector[C] Z_{{ k }};
{% endif %}
  int<lower=0> Q_{{ k }};  // fixed columns that this term absorbs
  array[Q_{{ k }}] int<lower=1> A_at_{{ k }};  // their places
  matrix[J_{{ k }}, Q_{{ k }}] A_{{ k }};  // column = Z times this, by level
  vector<lower=0, upper=1>[J_{{ k }}] w_{{ k }};  // centring: 0 not at all, 1 fully
  real<lower=0> c_{{ k }};  // its unit: about the sd of the effects
{% endmacro %}
{% macro transformed_data(k) %}
  real w_sum_{{ k }} = sum(w_{{ k }});
{% endmacro %}
{% macro parameters(k) %}
  vector[J_{{ k }}] t_{{ k }};  // group effects, partially centred
{% endmacro %}
{% macro model(k, start, likelihood) %}
  // Group term {{ k }}: t = w M / c + (tau / c)^w z, a = M + tau z
  real tau_{{ k }} = sd[{{ start }}];
  vector[J_{{ k }}] M_{{ k }} = A_{{ k }} * beta[A_at_{{ k }}];
  vector[J_{{ k }}] z_{{ k }} = (t_{{ k }} - w_{{ k }} .* M_{{ k }} / c_{{ k }}) .* exp(-log(tau_{{ k }} / c_{{ k }}) * w_{{ k }});
  target += std_normal_lupdf(z_{{ k }});
  target += -w_sum_{{ k }} * log(tau_{{ k }});
{% if likelihood %}
  eta += Z_{{ k }} .* (M_{{ k }} + tau_{{ k }} * z_{{ k }})[g_{{ k }}];
{% endif %}
{% endmacro %}
