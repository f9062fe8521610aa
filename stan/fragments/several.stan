{# A group term with several, correlated coefficients.
   Contract: macros functions, data, transformed_data, parameters, model, each given the term's number k from 1. #}
{% macro functions() %}
  /**
   * Standard normal scores of partially centred group effects. Given the coefficients before it, coefficient p
   * has mean m_p = M_p + tau_p sum_{q < p} L_pq z_q and sd v_p = tau_p L_pp in the population; sampled is
   *   t_p = w_p m_p / c_p + (v_p / c_p)^w_p z_p.
   *
   * @param t (J x K) the effects as sampled
   * @param M (J x K) the part of each effect that fixed columns explain
   * @param w (J x K) centring weights: 0 not at all, 1 fully
   * @param c (K) units: about what v is
   * @param tau (K) standard deviations
   * @param L (K x K) Cholesky factor of the correlation matrix
   * @return (J x K) z
   */
  matrix scores(matrix t, matrix M, matrix w, vector c, vector tau, matrix L) {
    int J = rows(t);
    int K = cols(t);
    matrix[J, K] shrink = exp(-diag_post_multiply(w, log(tau .* diagonal(L) ./ c)));
    matrix[J, K] z;
    for (p in 1:K) {
      vector[J] m = M[, p] + z[, 1:(p - 1)] * (tau[p] * L[p, 1:(p - 1)]');
      z[, p] = (t[, p] - w[, p] .* m / c[p]) .* shrink[, p];
    }
    return z;
  }
{% endmacro %}
{% macro data(k, likelihood) %}
  // Group term {{ k }}
  int<lower=1> J_{{ k }};  // levels
  int<lower=2> K_{{ k }};  // coefficients
{% if likelihood %}
  array[C] int<lower=1, upper=J_{{ k }}> g_{{ k }};  // level of each cell
  matrix[C, K_{{ k }}] Z_{{ k }};
{% endif %}
  int<lower=0> Q_{{ k }};  // fixed columns that this term absorbs
  array[Q_{{ k }}] int<lower=1> A_at_{{ k }};  // their places
  matrix[Q_{{ k }}, K_{{ k }}] A_to_{{ k }};  // 1 at the coefficient that absorbs the column
  matrix[J_{{ k }}, Q_{{ k }}] A_{{ k }};  // column = Z of that coefficient times this, by level
  matrix<lower=0, upper=1>[J_{{ k }}, K_{{ k }}] w_{{ k }};  // centring: 0 not at all, 1 fully
  vector<lower=0>[K_{{ k }}] c_{{ k }};  // its units: about the sd of each coefficient given those before it
{% endmacro %}
{% macro transformed_data(k) %}
  vector[K_{{ k }}] w_sum_{{ k }} = w_{{ k }}' * rep_vector(1, J_{{ k }});
{% endmacro %}
{% macro parameters(k) %}
  cholesky_factor_corr[K_{{ k }}] L_{{ k }};
  matrix[J_{{ k }}, K_{{ k }}] t_{{ k }};  // group effects, partially centred
{% endmacro %}
{% macro model(k, start, likelihood) %}
  // Group term {{ k }}: a = M + z (diag(tau) L)'
  vector[K_{{ k }}] tau_{{ k }} = segment(sd, {{ start }}, K_{{ k }});
  matrix[J_{{ k }}, K_{{ k }}] M_{{ k }} = A_{{ k }} * diag_pre_multiply(beta[A_at_{{ k }}], A_to_{{ k }});
  matrix[J_{{ k }}, K_{{ k }}] z_{{ k }} = scores(t_{{ k }}, M_{{ k }}, w_{{ k }}, c_{{ k }}, tau_{{ k }}, L_{{ k }});
  target += std_normal_lupdf(to_vector(z_{{ k }}));
  target += -dot_product(w_sum_{{ k }}, log(tau_{{ k }}) + log(diagonal(L_{{ k }})));
{% if likelihood %}
  matrix[J_{{ k }}, K_{{ k }}] a_{{ k }} = M_{{ k }} + z_{{ k }} * diag_pre_multiply(tau_{{ k }}, L_{{ k }})';
  eta += rows_dot_product(Z_{{ k }}, a_{{ k }}[g_{{ k }}]);
{% endif %}
{% endmacro %}
