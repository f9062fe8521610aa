{# A group term with one coefficient.
   Contract: macros functions, data, transformed_data, parameters, model, given the term's record. #}
{% macro functions() %}{% endmacro %}
{% macro data(term) %}
{% set k = term.k %}
  // Group term {{ k }}
  int<lower=1> J_{{ k }};  // levels
  int<lower=0> Q_{{ k }};  // fixed columns that this term absorbs
  array[Q_{{ k }}] int<lower=1> A_at_{{ k }};  // their places
  matrix[J_{{ k }}, Q_{{ k }}] A_{{ k }};  // column = Z times this, by level
  vector<lower=0, upper=1>[J_{{ k }}] w_{{ k }};  // centring: 0 not at all, 1 fully
  real<lower=0> c_{{ k }};  // its unit: about the sd of the effects
{% if term.around %}
  array[J_{{ k }}] int<lower=1, upper=J_{{ term.around }}> parent_{{ k }};  // level of term {{ term.around }} around which the effect lies
{% endif %}
{% endmacro %}
{% macro transformed_data(term) %}
{% set k = term.k %}
  vector[J_{{ k }}] M_0_{{ k }} = A_{{ k }} * beta_0[A_at_{{ k }}]{{ " + M_0_" ~ term.around ~ "[parent_" ~ k ~ "]" if term.around }};
  vector[J_{{ k }}] h_{{ k }} = w_{{ k }} ./ (2 - w_{{ k }});  // the weight in scales
{% endmacro %}
{% macro parameters(term) %}
{% set k = term.k %}
  vector[J_{{ k }}] t_{{ k }};  // group effects, partially centred
{% endmacro %}
{% macro model(term, likelihood) %}
{% set k = term.k %}
  // Group term {{ k }}: a = M + tau z; sampled is t = r (z + pull (M - M_0))
  real tau_{{ k }} = sd[{{ term.start }}];
  real uu_{{ k }} = square(tau_{{ k }} / c_{{ k }});
  vector[J_{{ k }}] M_{{ k }} = {{ mean(term, "beta_swept", "m") if term.swept else mean(term, "beta", "a") }};
  vector[J_{{ k }}] rr_{{ k }} = 1 - h_{{ k }} + uu_{{ k }} * h_{{ k }};
  vector[J_{{ k }}] pull_{{ k }} = tau_{{ k }} / square(c_{{ k }}) * w_{{ k }} ./ (1 - w_{{ k }} + uu_{{ k }} * w_{{ k }});
  vector[J_{{ k }}] z_{{ k }} = t_{{ k }} ./ sqrt(rr_{{ k }}) - pull_{{ k }} .* (M_{{ k }} - M_0_{{ k }});
  target += std_normal_lupdf(z_{{ k }});
  target += -0.5 * sum(log(rr_{{ k }}));
{% if term.swept and term.inner %}
  vector[J_{{ k }}] m_{{ k }} = M_{{ k }} + tau_{{ k }} * z_{{ k }};  // with what is swept into coefficients
{% endif %}
{% if likelihood or term.inner %}
  vector[J_{{ k }}] a_{{ k }} = {{ mean(term, "beta_apart", "a") if term.swept else "M_" ~ k }} + tau_{{ k }} * z_{{ k }};{{ "  // these enter eta within a finer term" if term.inner }}
{% endif %}
{% endmacro %}
{% macro mean(term, beta, a) %}
A_{{ term.k }} * {{ beta }}[A_at_{{ term.k }}]{{ " + " ~ a ~ "_" ~ term.around ~ "[parent_" ~ term.k ~ "]" if term.around }}
{%- endmacro %}
