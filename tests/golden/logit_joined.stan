// binomial family, logit link. Written by stanmlm.
// Every name, size, number and centring weight is data: models that differ only in those share this program.
functions {
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
}
data {
  int<lower=0> F;  // fixed coefficients, the intercept first
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
  vector[F - 1] x_mean;  // means of their columns over the rows

  // Group terms 1, 3
  int<lower=2> K_3;  // coefficients of term 3
  int<lower=1> J_1_3;  // levels
  int<lower=2> K_1_3;  // coefficients
  vector[K_1_3] T_1;  // basis: effects are T times the user's
  matrix[K_1_3, K_3] T_3;  // its columns for term 3
  int<lower=0> Q_1_3;  // fixed columns that this term absorbs
  array[Q_1_3] int<lower=1> A_at_1_3;  // their places
  matrix[Q_1_3, K_1_3] A_to_1_3;  // what the coefficient of a column gives each effect
  matrix[J_1_3, Q_1_3] A_1_3;  // column = Z A_to' times this, by level
  matrix<lower=0, upper=1>[J_1_3, K_1_3] w_1_3;  // centring: 0 not at all, 1 fully
  vector<lower=0>[K_1_3] c_1_3;  // their units: about the sd of each given those before it

  // Group term 2
  int<lower=1> J_2;  // levels
  int<lower=0> Q_2;  // fixed columns that this term absorbs
  array[Q_2] int<lower=1> A_at_2;  // their places
  matrix[J_2, Q_2] A_2;  // column = Z times this, by level
  vector<lower=0, upper=1>[J_2] w_2;  // centring: 0 not at all, 1 fully
  real<lower=0> c_2;  // its unit: about the sd of the effects

  int<lower=1> S;  // standard deviations of all group terms
  vector[S] log_sd_hat;  // about what their logarithms are
  matrix[S, S] log_sd_L;  // times its transpose, about their posterior covariance
  vector<lower=0>[S] log_sd_bend;  // how much longer their tails to the left are

  int<lower=0> C;  // rows of the likelihood: cells, or fewer
  int<lower=0> P_x;  // fixed columns that no group term has absorbed, the intercept counting first
  array[P_x] int<lower=1> x_at;  // their places
  matrix[C, P_x] X;
  array[C] int<lower=1, upper=J_1_3> g_1_3;  // level of each row
  matrix[C, K_1_3] Z_1_3;
  array[C] int<lower=1, upper=J_2> g_2;  // level of each row
  vector[C] Z_2;

  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // successes
  vector<lower=0>[C] trials;

  real<lower=0> Intercept_student_t_df;
  real Intercept_student_t_location;
  real<lower=0> Intercept_student_t_scale;

  int<lower=0> N_b_normal;
  array[N_b_normal] int<lower=1> b_normal_at;  // elements of b
  vector[N_b_normal] b_normal_location;
  vector<lower=0>[N_b_normal] b_normal_scale;

  vector<lower=0>[1] cor_lkj_regularization;

  int<lower=0> N_sd_exponential;
  array[N_sd_exponential] int<lower=1> sd_exponential_at;  // elements of sd
  vector<lower=0>[N_sd_exponential] sd_exponential_rate;
}
transformed data {
  vector[F] beta_0 = append_row(fix_hat[1] - dot_product(x_mean, tail(fix_hat, F - 1)), tail(fix_hat, F - 1));
  matrix[J_1_3, K_1_3] M_0_1_3 = A_1_3 * diag_pre_multiply(beta_0[A_at_1_3], A_to_1_3);
  matrix[J_1_3, K_1_3] h_1_3 = w_1_3 ./ (2 - w_1_3);  // the weight in scales
  vector[J_2] M_0_2 = A_2 * beta_0[A_at_2];
  vector[J_2] h_2 = w_2 ./ (2 - w_2);  // the weight in scales
}
parameters {
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
  vector[S] z_sd;  // sds of the group coefficients, in units of the posterior of their logarithms
  cholesky_factor_corr[K_3] L_3;
  matrix[J_1_3, K_1_3] t_1_3;  // group effects, partially centred
  vector[J_2] t_2;  // group effects, partially centred
}
model {
  vector[F] fix = fix_hat + fix_L * z_fix;
  real alpha_c = fix[1];  // intercept at the means of the predictors
  vector[F - 1] b = tail(fix, F - 1);
  // The coefficients of the columns as they are, not centred
  vector[F] beta = append_row(alpha_c - dot_product(x_mean, b), b);

  vector[S] wide = sqrt(square(z_sd) + 0.25);
  vector[S] left = log_sd_bend .* square(0.5 * (wide - z_sd));  // of z_sd far below 0 the square, else about 0
  vector[S] log_sd = log_sd_hat + log_sd_L * (z_sd - left);
  vector[S] sd = exp(log_sd);  // of the group coefficients, term after term
  target += sum(log_sd) + sum(log1p(2 * left ./ wide));  // Jacobian

  // Group terms 1, 3: a = M + z C'
  matrix[K_1_3, K_1_3] C_1_3 = lower_factor(append_col(T_1 * sd[1],
    T_3 * diag_pre_multiply(segment(sd, 1 + 1 + 1, K_3), L_3)));
  matrix[J_1_3, K_1_3] M_1_3 = A_1_3 * diag_pre_multiply(beta[A_at_1_3], A_to_1_3);
  vector[K_1_3] v_1_3 = diagonal(C_1_3);
  vector[K_1_3] uu_1_3 = square(v_1_3 ./ c_1_3);
  matrix[J_1_3, K_1_3] rr_1_3 = between(h_1_3, uu_1_3);
  matrix[J_1_3, K_1_3] pull_1_3 = diag_post_multiply(w_1_3 ./ between(w_1_3, uu_1_3), v_1_3 ./ square(c_1_3));
  matrix[J_1_3, K_1_3] z_1_3 = scores(t_1_3 ./ sqrt(rr_1_3), M_1_3 - M_0_1_3, pull_1_3, C_1_3);
  target += std_normal_lupdf(to_vector(z_1_3));
  target += -0.5 * sum(log(rr_1_3));
  matrix[J_1_3, K_1_3] a_1_3 = M_1_3 + z_1_3 * C_1_3';

  // Group term 2: a = M + tau z; sampled is t = r (z + pull (M - M_0))
  real tau_2 = sd[1 + 1];
  real uu_2 = square(tau_2 / c_2);
  vector[J_2] M_2 = A_2 * beta[A_at_2];
  vector[J_2] rr_2 = 1 - h_2 + uu_2 * h_2;
  vector[J_2] pull_2 = tau_2 / square(c_2) * w_2 ./ (1 - w_2 + uu_2 * w_2);
  vector[J_2] z_2 = t_2 ./ sqrt(rr_2) - pull_2 .* (M_2 - M_0_2);
  target += std_normal_lupdf(z_2);
  target += -0.5 * sum(log(rr_2));
  vector[J_2] a_2 = M_2 + tau_2 * z_2;

  // Linear predictor
  vector[C] eta = X * beta[x_at]
    + rows_dot_product(Z_1_3, a_1_3[g_1_3])
    + Z_2 .* a_2[g_2];

  // Likelihood
  target += dot_product(y, eta) - dot_product(trials, log1p_exp(eta));

  // Priors
  alpha_c ~ student_t(Intercept_student_t_df, Intercept_student_t_location, Intercept_student_t_scale);
  b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);
  L_3 ~ lkj_corr_cholesky(cor_lkj_regularization[1]);
  sd[sd_exponential_at] ~ exponential(sd_exponential_rate);
}
