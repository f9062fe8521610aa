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
  int<lower=0> F;  // fixed coefficients, the intercept first
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
  vector<lower=0, upper=1>[F] apart;  // 0 for columns that enter the predictor with a rotated term
  vector[F - 1] x_mean;  // means of their columns over the rows

  // Group term 2
  int<lower=1> J_2;  // levels
  matrix[J_2, J_2] Q_2;  // orthonormal: the basis
  matrix[F, J_2] S_2;  // what of the effects is part of the coefficients that are sampled
  int<lower=0> P_2;  // fixed columns that enter the predictor with this term
  array[P_2] int<lower=1> B_at_2;  // their places
  matrix[J_2, P_2] B_2;  // column = Z times this, by level
  vector<lower=0, upper=1>[J_2] w_2;  // centring: 0 not at all, 1 fully
  real<lower=0> c_2;  // its unit: about the sd of the effects

  // Group term 3
  int<lower=1> J_3;  // levels
  int<lower=2> K_3;  // coefficients
  matrix[K_3, K_3] T_3;  // basis: effects are T times the user's
  int<lower=0> Q_3;  // fixed columns that this term absorbs
  array[Q_3] int<lower=1> A_at_3;  // their places
  matrix[Q_3, K_3] A_to_3;  // what the coefficient of a column gives each effect
  matrix[J_3, Q_3] A_3;  // column = Z A_to' times this, by level
  matrix<lower=0, upper=1>[J_3, K_3] w_3;  // centring: 0 not at all, 1 fully
  vector<lower=0>[K_3] c_3;  // their units: about the sd of each given those before it

  // Group term 1
  int<lower=1> J_1;  // levels
  int<lower=2> K_1;  // coefficients
  matrix[K_1, K_1] T_1;  // basis: effects are T times the user's
  int<lower=0> Q_1;  // fixed columns that this term absorbs
  array[Q_1] int<lower=1> A_at_1;  // their places
  matrix[Q_1, K_1] A_to_1;  // what the coefficient of a column gives each effect
  matrix[J_1, Q_1] A_1;  // column = Z A_to' times this, by level
  matrix<lower=0, upper=1>[J_1, K_1] w_1;  // centring: 0 not at all, 1 fully
  vector<lower=0>[K_1] c_1;  // their units: about the sd of each given those before it
  array[J_1] int<lower=1, upper=J_3> parent_1;  // level of term 3 around which the effects lie
  matrix[K_3, K_1] carries_1;  // how they carry over

  int<lower=1> S;  // standard deviations of all group terms
  vector[S] log_sd_hat;  // about what their logarithms are
  matrix[S, S] log_sd_L;  // times its transpose, about their posterior covariance
  vector<lower=0>[S] log_sd_bend;  // how much longer their tails to the left are

  int<lower=0> C;  // rows of the likelihood: cells, or fewer
  int<lower=0> P_x;  // fixed columns that no group term has absorbed, the intercept counting first
  array[P_x] int<lower=1> x_at;  // their places
  matrix[C, P_x] X;
  array[C] int<lower=1, upper=J_1> g_1;  // level of each row
  matrix[C, K_1] Z_1;
  array[C] int<lower=1, upper=J_2> g_2;  // level of each row
  vector[C] Z_2;

  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // total of the counts
  vector<lower=0>[C] exposure;  // sum of exp(offset)

  real<lower=0> Intercept_student_t_df;
  real Intercept_student_t_location;
  real<lower=0> Intercept_student_t_scale;

  int<lower=0> N_b_normal;
  array[N_b_normal] int<lower=1> b_normal_at;  // elements of b
  vector[N_b_normal] b_normal_location;
  vector<lower=0>[N_b_normal] b_normal_scale;

  vector<lower=0>[2] cor_lkj_regularization;

  int<lower=0> N_sd_exponential;
  array[N_sd_exponential] int<lower=1> sd_exponential_at;  // elements of sd
  vector<lower=0>[N_sd_exponential] sd_exponential_rate;
}
transformed data {
  vector[F] beta_0 = append_row(fix_hat[1] - dot_product(x_mean, tail(fix_hat, F - 1)), tail(fix_hat, F - 1));
  vector[J_2] h_2 = w_2 ./ (2 - w_2);  // the weight in scales
  matrix[J_3, K_3] M_0_3 = A_3 * diag_pre_multiply(beta_0[A_at_3], A_to_3);
  matrix[J_3, K_3] h_3 = w_3 ./ (2 - w_3);  // the weight in scales
  matrix[J_1, K_1] M_0_1 = A_1 * diag_pre_multiply(beta_0[A_at_1], A_to_1) + M_0_3[parent_1] * carries_1;
  matrix[J_1, K_1] h_1 = w_1 ./ (2 - w_1);  // the weight in scales
}
parameters {
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
  vector[S] z_sd;  // sds of the group coefficients, in units of the posterior of their logarithms
  cholesky_factor_corr[K_1] L_1;
  matrix[J_1, K_1] t_1;  // group effects, partially centred
  vector[J_2] t_2;  // group effects in their basis, partially centred
  cholesky_factor_corr[K_3] L_3;
  matrix[J_3, K_3] t_3;  // group effects, partially centred
}
model {
  vector[S] wide = sqrt(square(z_sd) + 0.25);
  vector[S] left = log_sd_bend .* square(0.5 * (wide - z_sd));  // of z_sd far below 0 the square, else about 0
  vector[S] log_sd = log_sd_hat + log_sd_L * (z_sd - left);
  vector[S] sd = exp(log_sd);  // of the group coefficients, term after term
  target += sum(log_sd) + sum(log1p(2 * left ./ wide));  // Jacobian

  // Group term 2: a = tau Q z; sampled is t = r z
  real tau_2 = sd[1 + K_1];
  vector[J_2] rr_2 = 1 - h_2 + square(tau_2 / c_2) * h_2;
  vector[J_2] z_2 = t_2 ./ sqrt(rr_2);
  target += std_normal_lupdf(z_2);
  target += -0.5 * sum(log(rr_2));
  vector[J_2] a_2 = tau_2 * (Q_2 * z_2);

  // Coefficients with what of rotated effects is swept into them, and without
  vector[F] swept = fix_hat + fix_L * z_fix;
  vector[F] fix = swept - S_2 * a_2;
  real alpha_c = fix[1];  // intercept at the means of the predictors
  vector[F - 1] b = tail(fix, F - 1);
  // The coefficients of the columns as they are, not centred
  vector[F] beta = append_row(alpha_c - dot_product(x_mean, b), b);
  vector[F] beta_swept = append_row(swept[1] - dot_product(x_mean, tail(swept, F - 1)), tail(swept, F - 1));
  vector[F] beta_apart = beta .* apart;

  // Group term 3: a = M + z C'
  matrix[K_3, K_3] C_3 = lower_factor(T_3 * diag_pre_multiply(segment(sd, 1 + K_1 + 1, K_3), L_3));
  matrix[J_3, K_3] M_3 = A_3 * diag_pre_multiply(beta_swept[A_at_3], A_to_3);
  vector[K_3] v_3 = diagonal(C_3);
  vector[K_3] uu_3 = square(v_3 ./ c_3);
  matrix[J_3, K_3] rr_3 = between(h_3, uu_3);
  matrix[J_3, K_3] pull_3 = diag_post_multiply(w_3 ./ between(w_3, uu_3), v_3 ./ square(c_3));
  matrix[J_3, K_3] z_3 = scores(t_3 ./ sqrt(rr_3), M_3 - M_0_3, pull_3, C_3);
  target += std_normal_lupdf(to_vector(z_3));
  target += -0.5 * sum(log(rr_3));
  matrix[J_3, K_3] m_3 = M_3 + z_3 * C_3';  // with what is swept into coefficients
  matrix[J_3, K_3] a_3 = A_3 * diag_pre_multiply(beta_apart[A_at_3], A_to_3) + z_3 * C_3';

  // Group term 1: a = M + z C'
  matrix[K_1, K_1] C_1 = lower_factor(T_1 * diag_pre_multiply(segment(sd, 1, K_1), L_1));
  matrix[J_1, K_1] M_1 = A_1 * diag_pre_multiply(beta_swept[A_at_1], A_to_1) + m_3[parent_1] * carries_1;
  vector[K_1] v_1 = diagonal(C_1);
  vector[K_1] uu_1 = square(v_1 ./ c_1);
  matrix[J_1, K_1] rr_1 = between(h_1, uu_1);
  matrix[J_1, K_1] pull_1 = diag_post_multiply(w_1 ./ between(w_1, uu_1), v_1 ./ square(c_1));
  matrix[J_1, K_1] z_1 = scores(t_1 ./ sqrt(rr_1), M_1 - M_0_1, pull_1, C_1);
  target += std_normal_lupdf(to_vector(z_1));
  target += -0.5 * sum(log(rr_1));
  matrix[J_1, K_1] a_1 = A_1 * diag_pre_multiply(beta_apart[A_at_1], A_to_1) + a_3[parent_1] * carries_1 + z_1 * C_1';

  // Linear predictor
  vector[J_2] e_2 = a_2 + B_2 * beta[B_at_2];
  vector[C] eta = X * beta[x_at]
    + rows_dot_product(Z_1, a_1[g_1])
    + Z_2 .* e_2[g_2];

  // Likelihood
  target += dot_product(y, eta) - dot_product(exposure, exp(eta));

  // Priors
  alpha_c ~ student_t(Intercept_student_t_df, Intercept_student_t_location, Intercept_student_t_scale);
  b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);
  L_1 ~ lkj_corr_cholesky(cor_lkj_regularization[1]);
  L_3 ~ lkj_corr_cholesky(cor_lkj_regularization[2]);
  sd[sd_exponential_at] ~ exponential(sd_exponential_rate);
}
