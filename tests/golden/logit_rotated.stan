// binomial family, logit link. Written by stanmlm.
// Every name, size, number and centring weight is data: models that differ only in those share this program.
data {
  int<lower=0> F;  // fixed coefficients, the intercept first
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
  vector[F - 1] x_mean;  // means of their columns over the rows

  // Group term 1
  int<lower=1> J_1;  // levels
  matrix[J_1, J_1] Q_1;  // orthonormal: the basis
  matrix[F, J_1] S_1;  // what of the effects is part of the coefficients that are sampled
  int<lower=0> P_1;  // fixed columns that enter the predictor with this term
  array[P_1] int<lower=1> B_at_1;  // their places
  matrix[J_1, P_1] B_1;  // column = Z times this, by level
  vector<lower=0, upper=1>[J_1] w_1;  // centring: 0 not at all, 1 fully
  real<lower=0> c_1;  // its unit: about the sd of the effects

  // Group term 2
  int<lower=1> J_2;  // levels
  matrix[J_2, J_2] Q_2;  // orthonormal: the basis
  matrix[F, J_2] S_2;  // what of the effects is part of the coefficients that are sampled
  int<lower=0> P_2;  // fixed columns that enter the predictor with this term
  array[P_2] int<lower=1> B_at_2;  // their places
  matrix[J_2, P_2] B_2;  // column = Z times this, by level
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
  array[C] int<lower=1, upper=J_1> g_1;  // level of each row
  vector[C] Z_1;
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

  int<lower=0> N_sd_exponential;
  array[N_sd_exponential] int<lower=1> sd_exponential_at;  // elements of sd
  vector<lower=0>[N_sd_exponential] sd_exponential_rate;
}
transformed data {
  vector[J_1] h_1 = w_1 ./ (2 - w_1);  // the weight in scales
  vector[J_2] h_2 = w_2 ./ (2 - w_2);  // the weight in scales
}
parameters {
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
  vector[S] z_sd;  // sds of the group coefficients, in units of the posterior of their logarithms
  vector[J_1] t_1;  // group effects in their basis, partially centred
  vector[J_2] t_2;  // group effects in their basis, partially centred
}
model {
  vector[S] wide = sqrt(square(z_sd) + 0.25);
  vector[S] left = log_sd_bend .* square(0.5 * (wide - z_sd));  // of z_sd far below 0 the square, else about 0
  vector[S] log_sd = log_sd_hat + log_sd_L * (z_sd - left);
  vector[S] sd = exp(log_sd);  // of the group coefficients, term after term
  target += sum(log_sd) + sum(log1p(2 * left ./ wide));  // Jacobian

  // Group term 1: a = tau Q z; sampled is t = r z
  real tau_1 = sd[1];
  vector[J_1] rr_1 = 1 - h_1 + square(tau_1 / c_1) * h_1;
  vector[J_1] z_1 = t_1 ./ sqrt(rr_1);
  target += std_normal_lupdf(z_1);
  target += -0.5 * sum(log(rr_1));
  vector[J_1] a_1 = tau_1 * (Q_1 * z_1);

  // Group term 2: a = tau Q z; sampled is t = r z
  real tau_2 = sd[1 + 1];
  vector[J_2] rr_2 = 1 - h_2 + square(tau_2 / c_2) * h_2;
  vector[J_2] z_2 = t_2 ./ sqrt(rr_2);
  target += std_normal_lupdf(z_2);
  target += -0.5 * sum(log(rr_2));
  vector[J_2] a_2 = tau_2 * (Q_2 * z_2);

  // Coefficients with what of rotated effects is swept into them, and without
  vector[F] swept = fix_hat + fix_L * z_fix;
  vector[F] fix = swept - S_1 * a_1 - S_2 * a_2;
  real alpha_c = fix[1];  // intercept at the means of the predictors
  vector[F - 1] b = tail(fix, F - 1);
  // The coefficients of the columns as they are, not centred
  vector[F] beta = append_row(alpha_c - dot_product(x_mean, b), b);

  // Linear predictor
  vector[J_1] e_1 = a_1 + B_1 * beta[B_at_1];
  vector[J_2] e_2 = a_2 + B_2 * beta[B_at_2];
  vector[C] eta = X * beta[x_at]
    + Z_1 .* e_1[g_1]
    + Z_2 .* e_2[g_2];

  // Likelihood
  target += dot_product(y, eta) - dot_product(trials, log1p_exp(eta));

  // Priors
  alpha_c ~ student_t(Intercept_student_t_df, Intercept_student_t_location, Intercept_student_t_scale);
  b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);
  sd[sd_exponential_at] ~ exponential(sd_exponential_rate);
}
