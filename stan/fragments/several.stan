{# A group term with several, correlated coefficients, or several terms of one factor with no correlation between them.
   Contract: macros functions, data, transformed_data, parameters, model, given the term's record. Effects are sampled in a basis, T times the user's, and data are those of
   the basis. #}
{% macro functions() %}
  /**
   * The mean of 1 and uu under weights: 1 where w is 0, uu where it is 1.
   *
   * @param w (J x K) weights
   * @param uu (K)
   * @return (J x K)
   */
  matrix between(matrix w, vector uu) {
    return 1 + diag_post_multiply(w, uu - 1);
  }

  /**
   * The Cholesky factor of B B', by Gram and Schmidt on the rows of B: B B' would have lost half of the digits.
   *
   * @param B (K x K)
   * @return (K x K) lower triangular, with a positive diagonal
   */
  matrix lower_factor(matrix B) {
    int K = rows(B);
    matrix[K, K] C = rep_matrix(0, K, K);
    matrix[K, K] left = B;
    for (p in 1:K) {
      C[p, p] = sqrt(dot_self(left[p]));
      left[p] /= C[p, p];
      for (q in (p + 1):K) {
        C[q, p] = dot_product(left[q], left[p]);
        left[q] -= C[q, p] * left[p];
      }
    }
    return C;
  }

  /**
   * Standard normal scores of partially centred group effects. Given the effects before it, effect p has mean
   * m_p = M_p + sum_{q < p} C_pq z_q and sd v_p = C_pp in the population; sampled is t_p = r_p (z_p + pull_p m_p).
   *
   * @param x (J x K) the effects as sampled over their scales, t / r
   * @param M (J x K) the part of each effect that fixed columns explain, about zero
   * @param pull (J x K) how much of its mean an effect takes along
   * @param C (K x K) Cholesky factor of the covariance of the effects
   * @return (J x K) z
   */
  matrix scores(matrix x, matrix M, matrix pull, matrix C) {
    int J = rows(x);
    int K = cols(x);
    matrix[J, K] z = x;
    for (p in 1:K) {
      z[, p] -= pull[, p] .* (M[, p] + z[, 1:(p - 1)] * C[p, 1:(p - 1)]');
    }
    return z;
  }
{% endmacro %}
{% macro data(term) %}
{% set k = term.k %}
  // Group term{{ "s" if term.parts | length > 1 }} {{ term.parts | map(attribute="k") | join(", ") }}
{% if term.parts | length > 1 %}
{% for part in term.parts | selectattr("several") %}
  int<lower=2> K_{{ part.k }};  // coefficients of term {{ part.k }}
{% endfor %}
{% endif %}
  int<lower=1> J_{{ k }};  // levels
  int<lower=2> K_{{ k }};  // coefficients
{% for part in term.parts %}
  {{ "matrix[K_" ~ k ~ ", K_" ~ part.k ~ "]" if part.several else "vector[K_" ~ k ~ "]" }} T_{{ part.k }};  // {{ "basis: effects are T times the user's" if loop.first else "its columns for term " ~ part.k }}
{% endfor %}
  int<lower=0> Q_{{ k }};  // fixed columns that this term absorbs
  array[Q_{{ k }}] int<lower=1> A_at_{{ k }};  // their places
  matrix[Q_{{ k }}, K_{{ k }}] A_to_{{ k }};  // what the coefficient of a column gives each effect
  matrix[J_{{ k }}, Q_{{ k }}] A_{{ k }};  // column = Z A_to' times this, by level
  matrix<lower=0, upper=1>[J_{{ k }}, K_{{ k }}] w_{{ k }};  // centring: 0 not at all, 1 fully
  vector<lower=0>[K_{{ k }}] c_{{ k }};  // their units: about the sd of each given those before it
{% if term.around %}
  array[J_{{ k }}] int<lower=1, upper=J_{{ term.around }}> parent_{{ k }};  // level of term {{ term.around }} around which the effects lie
  {{ "matrix[K_" ~ term.around ~ ", K_" ~ k ~ "]" if term.around_several else "row_vector[K_" ~ k ~ "]" }} carries_{{ k }};  // how they carry over
{% endif %}
{% endmacro %}
{% macro transformed_data(term) %}
{% set k = term.k %}
  matrix[J_{{ k }}, K_{{ k }}] M_0_{{ k }} = A_{{ k }} * diag_pre_multiply(beta_0[A_at_{{ k }}], A_to_{{ k }}){{ " + M_0_" ~ term.around ~ "[parent_" ~ k ~ "] * carries_" ~ k if term.around }};
  matrix[J_{{ k }}, K_{{ k }}] h_{{ k }} = w_{{ k }} ./ (2 - w_{{ k }});  // the weight in scales
{% endmacro %}
{% macro parameters(term) %}
{% set k = term.k %}
{% for part in term.parts | selectattr("several") %}
  cholesky_factor_corr[K_{{ part.k }}] L_{{ part.k }};
{% endfor %}
  matrix[J_{{ k }}, K_{{ k }}] t_{{ k }};  // group effects, partially centred
{% endmacro %}
{% macro model(term, likelihood) %}
{% set k = term.k %}
  // Group term{{ "s" if term.parts | length > 1 }} {{ term.parts | map(attribute="k") | join(", ") }}: a = M + z C'
  matrix[K_{{ k }}, K_{{ k }}] C_{{ k }} = lower_factor({{ factor(term) }});
  matrix[J_{{ k }}, K_{{ k }}] M_{{ k }} = {{ mean(term, "beta_swept", "m") if term.swept else mean(term, "beta", "a") }};
  vector[K_{{ k }}] v_{{ k }} = diagonal(C_{{ k }});
  vector[K_{{ k }}] uu_{{ k }} = square(v_{{ k }} ./ c_{{ k }});
  matrix[J_{{ k }}, K_{{ k }}] rr_{{ k }} = between(h_{{ k }}, uu_{{ k }});
  matrix[J_{{ k }}, K_{{ k }}] pull_{{ k }} = diag_post_multiply(w_{{ k }} ./ between(w_{{ k }}, uu_{{ k }}), v_{{ k }} ./ square(c_{{ k }}));
  matrix[J_{{ k }}, K_{{ k }}] z_{{ k }} = scores(t_{{ k }} ./ sqrt(rr_{{ k }}), M_{{ k }} - M_0_{{ k }}, pull_{{ k }}, C_{{ k }});
  target += std_normal_lupdf(to_vector(z_{{ k }}));
  target += -0.5 * sum(log(rr_{{ k }}));
{% if term.swept and term.inner %}
  matrix[J_{{ k }}, K_{{ k }}] m_{{ k }} = M_{{ k }} + z_{{ k }} * C_{{ k }}';  // with what is swept into coefficients
{% endif %}
{% if likelihood or term.inner %}
  matrix[J_{{ k }}, K_{{ k }}] a_{{ k }} = {{ mean(term, "beta_apart", "a") if term.swept else "M_" ~ k }} + z_{{ k }} * C_{{ k }}';
{% endif %}
{% endmacro %}
{% macro mean(term, beta, a) %}
A_{{ term.k }} * diag_pre_multiply({{ beta }}[A_at_{{ term.k }}], A_to_{{ term.k }}){{ " + " ~ a ~ "_" ~ term.around ~ "[parent_" ~ term.k ~ "] * carries_" ~ term.k if term.around }}
{%- endmacro %}
{% macro factor(term) %}
{% set sides = namespace(whole="") %}
{% for part in term.parts %}
{% set own = "T_" ~ part.k ~ " * " ~ ("diag_pre_multiply(segment(sd, " ~ part.start ~ ", K_" ~ part.k ~ "), L_" ~ part.k ~ ")" if part.several else "sd[" ~ part.start ~ "]") %}
{% set sides.whole = own if loop.first else "append_col(" ~ sides.whole ~ ",\n    " ~ own ~ ")" %}
{% endfor %}
{{ sides.whole -}}
{% endmacro %}
