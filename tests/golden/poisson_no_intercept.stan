// poisson family, log link. Written by stanmlm.
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
  int<lower=0> F;  // fixed coefficients
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance

  // Group term 1
  int<lower=1> J_1;  // levels
  int<lower=0> Q_1;  // fixed columns that this term absorbs
  array[Q_1] int<lower=1> A_at_1;  // their places
  matrix[J_1, Q_1] A_1;  // column = Z times this, by level
  vector<lower=0, upper=1>[J_1] w_1;  // centring: 0 not at all, 1 fully
  real<lower=0> c_1;  // its unit: about the sd of the effects

  // Group term 2
  int<lower=1> J_2;  // levels
  int<lower=2> K_2;  // coefficients
  matrix[K_2, K_2] T_2;  // basis: effects are T times the user's
  int<lower=0> Q_2;  // fixed columns that this term absorbs
  array[Q_2] int<lower=1> A_at_2;  // their places
  matrix[Q_2, K_2] A_to_2;  // what the coefficient of a column gives each effect
  matrix[J_2, Q_2] A_2;  // column = Z A_to' times this, by level
  matrix<lower=0, upper=1>[J_2, K_2] w_2;  // centring: 0 not at all, 1 fully
  vector<lower=0>[K_2] c_2;  // their units: about the sd of each given those before it

  int<lower=1> S;  // standard deviations of all group terms
  vector[S] log_sd_hat;  // about what their logarithms are
  matrix[S, S] log_sd_L;  // times its transpose, about their posterior covariance
  vector<lower=0>[S] log_sd_bend;  // how much longer their tails to the left are

  int<lower=0> C;  // rows of the likelihood: cells, or fewer
  int<lower=0> P_x;  // fixed columns that no group term has absorbed
  array[P_x] int<lower=1> x_at;  // their places
  matrix[C, P_x] X;
  array[C] int<lower=1, upper=J_1> g_1;  // level of each row
  vector[C] Z_1;
  array[C] int<lower=1, upper=J_2> g_2;  // level of each row
  matrix[C, K_2] Z_2;

  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // total of the counts
  vector<lower=0>[C] exposure;  // sum of exp(offset)

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
  vector[F] beta_0 = fix_hat;
  vector[J_1] M_0_1 = A_1 * beta_0[A_at_1];
  vector[J_1] h_1 = w_1 ./ (2 - w_1);  // the weight in scales
  matrix[J_2, K_2] M_0_2 = A_2 * diag_pre_multiply(beta_0[A_at_2], A_to_2);
  matrix[J_2, K_2] h_2 = w_2 ./ (2 - w_2);  // the weight in scales
}
parameters {
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
  vector[S] z_sd;  // sds of the group coefficients, in units of the posterior of their logarithms
  vector[J_1] t_1;  // group effects, partially centred
  cholesky_factor_corr[K_2] L_2;
  matrix[J_2, K_2] t_2;  // group effects, partially centred
}
model {
  vector[F] fix = fix_hat + fix_L * z_fix;
  vector[F] b = fix;
  vector[F] beta = b;

  vector[S] wide = sqrt(square(z_sd) + 0.25);
  vector[S] left = log_sd_bend .* square(0.5 * (wide - z_sd));  // of z_sd far below 0 the square, else about 0
  vector[S] log_sd = log_sd_hat + log_sd_L * (z_sd - left);
  vector[S] sd = exp(log_sd);  // of the group coefficients, term after term
  target += sum(log_sd) + sum(log1p(2 * left ./ wide));  // Jacobian

  // Group term 1: a = M + tau z; sampled is t = r (z + pull (M - M_0))
  real tau_1 = sd[1];
  real uu_1 = square(tau_1 / c_1);
  vector[J_1] M_1 = A_1 * beta[A_at_1];
  vector[J_1] rr_1 = 1 - h_1 + uu_1 * h_1;
  vector[J_1] pull_1 = tau_1 / square(c_1) * w_1 ./ (1 - w_1 + uu_1 * w_1);
  vector[J_1] z_1 = t_1 ./ sqrt(rr_1) - pull_1 .* (M_1 - M_0_1);
  target += std_normal_lupdf(z_1);
  target += -0.5 * sum(log(rr_1));
  vector[J_1] a_1 = M_1 + tau_1 * z_1;

  // Group term 2: a = M + z C'
  matrix[K_2, K_2] C_2 = lower_factor(T_2 * diag_pre_multiply(segment(sd, 1 + 1, K_2), L_2));
  matrix[J_2, K_2] M_2 = A_2 * diag_pre_multiply(beta[A_at_2], A_to_2);
  vector[K_2] v_2 = diagonal(C_2);
  vector[K_2] uu_2 = square(v_2 ./ c_2);
  matrix[J_2, K_2] rr_2 = between(h_2, uu_2);
  matrix[J_2, K_2] pull_2 = diag_post_multiply(w_2 ./ between(w_2, uu_2), v_2 ./ square(c_2));
  matrix[J_2, K_2] z_2 = scores(t_2 ./ sqrt(rr_2), M_2 - M_0_2, pull_2, C_2);
  target += std_normal_lupdf(to_vector(z_2));
  target += -0.5 * sum(log(rr_2));
  matrix[J_2, K_2] a_2 = M_2 + z_2 * C_2';

  // Linear predictor
  vector[C] eta = X * beta[x_at]
    + Z_1 .* a_1[g_1]
    + rows_dot_product(Z_2, a_2[g_2]);

  // Likelihood
  target += dot_product(y, eta) - dot_product(exposure, exp(eta));

  // Priors
  b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);
  L_2 ~ lkj_corr_cholesky(cor_lkj_regularization[1]);
  sd[sd_exponential_at] ~ exponential(sd_exponential_rate);
}
