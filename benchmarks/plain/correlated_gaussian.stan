// Intercepts and slopes that correlate, y real.
data {
  int<lower=1> N, K, J;
  vector[N] y;
  real y_mean, y_sd;
  matrix[N, K] X;  // centred
  vector[K] x_mean, b_scale;
  array[N] int<lower=1, upper=J> g;
  vector[N] x;  // has the slope
}
parameters {
  real alpha;
  vector[K] b;
  vector<lower=0>[2] tau;
  cholesky_factor_corr[2] L;
  matrix[2, J] z;
  real<lower=0> sigma;
}
model {
  matrix[2, J] u = diag_pre_multiply(tau, L) * z;
  alpha ~ normal(y_mean, 2.5 * y_sd);
  b ~ normal(0, b_scale);
  tau ~ exponential(1 / y_sd);
  L ~ lkj_corr_cholesky(1);
  to_vector(z) ~ std_normal();
  sigma ~ exponential(1 / y_sd);
  y ~ normal(alpha + X * b + u[1, g]' + u[2, g]' .* x, sigma);
}
generated quantities {
  real intercept = alpha - dot_product(x_mean, b);
  real rho = L[2, 1];
}
