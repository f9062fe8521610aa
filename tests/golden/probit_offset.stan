// binomial family, probit link. Written by stanmlm.
// Every name, size, number and centring weight is data: models that differ only in those share this program.
data {
  int<lower=0> F;  // fixed coefficients, the intercept first
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
  vector[F - 1] x_mean;  // means of their columns over the rows

  // Group term 1
  int<lower=1> J_1;  // levels
  int<lower=0> Q_1;  // fixed columns that this term absorbs
  array[Q_1] int<lower=1> A_at_1;  // their places
  matrix[J_1, Q_1] A_1;  // column = Z times this, by level
  vector<lower=0, upper=1>[J_1] w_1;  // centring: 0 not at all, 1 fully
  real<lower=0> c_1;  // its unit: about the sd of the effects

  int<lower=1> S;  // standard deviations of all group terms
  vector[S] log_sd_hat;  // about what their logarithms are
  matrix[S, S] log_sd_L;  // times its transpose, about their posterior covariance
  vector<lower=0>[S] log_sd_bend;  // how much longer their tails to the left are

  int<lower=0> C;  // rows of the likelihood: cells, or fewer
  int<lower=0> P_x;  // fixed columns that no group term has absorbed, the intercept counting first
  array[P_x] int<lower=1> x_at;  // their places
  matrix[C, P_x] X;
  vector[C] offsets;
  array[C] int<lower=1, upper=J_1> g_1;  // level of each row
  vector[C] Z_1;

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

  int<lower=0> N_sd_exponential;
  array[N_sd_exponential] int<lower=1> sd_exponential_at;  // elements of sd
  vector<lower=0>[N_sd_exponential] sd_exponential_rate;
}
transformed data {
  vector[F] beta_0 = append_row(fix_hat[1] - dot_product(x_mean, tail(fix_hat, F - 1)), tail(fix_hat, F - 1));
  vector[J_1] M_0_1 = A_1 * beta_0[A_at_1];
  vector[J_1] h_1 = w_1 ./ (2 - w_1);  // the weight in scales
}
parameters {
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
  vector[S] z_sd;  // sds of the group coefficients, in units of the posterior of their logarithms
  vector[J_1] t_1;  // group effects, partially centred
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

  // Linear predictor
  vector[C] eta = offsets
    + X * beta[x_at]
    + Z_1 .* a_1[g_1];

  // Likelihood
  if (max(abs(eta)) < 30) {
    target += dot_product(y, log(Phi(eta))) + dot_product(trials - y, log(Phi(-eta)));
  } else {
    // Exact in the tails
    for (c in 1:C) {
      target += y[c] * std_normal_lcdf(eta[c] | ) + (trials[c] - y[c]) * std_normal_lcdf(-eta[c] | );
    }
  }

  // Priors
  alpha_c ~ student_t(Intercept_student_t_df, Intercept_student_t_location, Intercept_student_t_scale);
  b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);
  sd[sd_exponential_at] ~ exponential(sd_exponential_rate);
}
