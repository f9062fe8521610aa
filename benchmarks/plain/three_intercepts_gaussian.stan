// Three terms of intercepts, y real.
data {
  int<lower=1> N, K, J, J_2, J_3;
  vector[N] y;
  real y_mean, y_sd;
  matrix[N, K] X;  // centred
  vector[K] x_mean, b_scale;
  array[N] int<lower=1, upper=J> g;
  array[N] int<lower=1, upper=J_2> g_2;
  array[N] int<lower=1, upper=J_3> g_3;
}
parameters {
  real alpha;
  vector[K] b;
  vector<lower=0>[3] tau;
  vector[J] z;
  vector[J_2] z_2;
  vector[J_3] z_3;
  real<lower=0> sigma;
}
model {
  vector[J] u = tau[1] * z;
  vector[J_2] u_2 = tau[2] * z_2;
  vector[J_3] u_3 = tau[3] * z_3;
  alpha ~ normal(y_mean, 2.5 * y_sd);
  b ~ normal(0, b_scale);
  tau ~ exponential(1 / y_sd);
  z ~ std_normal();
  z_2 ~ std_normal();
  z_3 ~ std_normal();
  sigma ~ exponential(1 / y_sd);
  y ~ normal(alpha + X * b + u[g] + u_2[g_2] + u_3[g_3], sigma);
}
generated quantities {
  real intercept = alpha - dot_product(x_mean, b);
}
