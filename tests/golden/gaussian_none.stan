// gaussian family, identity link. Written by stanmlm.
// Every name, size, number and centring weight is data: models that differ only in those share this program.
data {
  int<lower=0> F;  // fixed coefficients, the intercept first
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
  vector[F - 1] x_mean;  // means of their columns over the rows

  int<lower=0> C;  // rows of the likelihood: cells, or fewer
  int<lower=0> P_x;  // fixed columns that no group term has absorbed, the intercept counting first
  array[P_x] int<lower=1> x_at;  // their places
  matrix[C, P_x] X;

  // Response: rows are already times the square roots of their weights, less the offset
  int<lower=0> N;  // observations
  vector[C] y;
  real<lower=0> ss;  // squares that are the same whatever eta is

  real<lower=0> Intercept_student_t_df;
  real Intercept_student_t_location;
  real<lower=0> Intercept_student_t_scale;

  int<lower=0> N_b_normal;
  array[N_b_normal] int<lower=1> b_normal_at;  // elements of b
  vector[N_b_normal] b_normal_location;
  vector<lower=0>[N_b_normal] b_normal_scale;

  real<lower=0> sigma_exponential_rate;
}
parameters {
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
  real<lower=0> sigma;  // residual standard deviation
}
model {
  vector[F] fix = fix_hat + fix_L * z_fix;
  real alpha_c = fix[1];  // intercept at the means of the predictors
  vector[F - 1] b = tail(fix, F - 1);
  // The coefficients of the columns as they are, not centred
  vector[F] beta = append_row(alpha_c - dot_product(x_mean, b), b);

  // Linear predictor
  vector[C] eta = X * beta[x_at];

  // Likelihood
  target += -N * log(sigma) - 0.5 * (ss + dot_self(y - eta)) / square(sigma);

  // Priors
  alpha_c ~ student_t(Intercept_student_t_df, Intercept_student_t_location, Intercept_student_t_scale);
  b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);
  sigma ~ exponential(sigma_exponential_rate);
}
