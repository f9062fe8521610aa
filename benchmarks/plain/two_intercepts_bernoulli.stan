// Two terms of intercepts, y 0 or 1.
data {
  int<lower=1> N, K, J, J_2;
  array[N] int<lower=0, upper=1> y;
  matrix[N, K] X;  // centred
  vector[K] x_mean, b_scale;
  array[N] int<lower=1, upper=J> g;
  array[N] int<lower=1, upper=J_2> g_2;
}
parameters {
  real alpha;
  vector[K] b;
  vector<lower=0>[2] tau;
  vector[J] z;
  vector[J_2] z_2;
}
model {
  vector[J] u = tau[1] * z;
  vector[J_2] u_2 = tau[2] * z_2;
  alpha ~ normal(0, 2.5);
  b ~ normal(0, b_scale);
  tau ~ exponential(1);
  z ~ std_normal();
  z_2 ~ std_normal();
  y ~ bernoulli_logit(alpha + X * b + u[g] + u_2[g_2]);
}
generated quantities {
  real intercept = alpha - dot_product(x_mean, b);
}
