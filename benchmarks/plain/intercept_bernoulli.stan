// One term of intercepts, y 0 or 1.
data {
  int<lower=1> N, K, J;
  array[N] int<lower=0, upper=1> y;
  matrix[N, K] X;  // centred
  vector[K] x_mean, b_scale;
  array[N] int<lower=1, upper=J> g;
}
parameters {
  real alpha;
  vector[K] b;
  real<lower=0> tau;
  vector[J] z;
}
model {
  vector[J] u = tau * z;
  alpha ~ normal(0, 2.5);
  b ~ normal(0, b_scale);
  tau ~ exponential(1);
  z ~ std_normal();
  y ~ bernoulli_logit(alpha + X * b + u[g]);
}
generated quantities {
  real intercept = alpha - dot_product(x_mean, b);
}
