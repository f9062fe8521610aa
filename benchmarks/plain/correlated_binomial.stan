// Intercepts and slopes that correlate, y successes of as many trials.
data {
  int<lower=1> N, K, J;
  array[N] int<lower=0> y, trials;
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
}
model {
  matrix[2, J] u = diag_pre_multiply(tau, L) * z;
  alpha ~ normal(0, 2.5);
  b ~ normal(0, b_scale);
  tau ~ exponential(1);
  L ~ lkj_corr_cholesky(1);
  to_vector(z) ~ std_normal();
  y ~ binomial_logit(trials, alpha + X * b + u[1, g]' + u[2, g]' .* x);
}
generated quantities {
  real intercept = alpha - dot_product(x_mean, b);
  real rho = L[2, 1];
}
