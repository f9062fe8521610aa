// gaussian family, identity link. Written by stanmlm.
// Every name, size, number and centring weight is data: models that differ only in those share this program.
functions {
  /**
   * Normal rows of groups with group effects integrated out: the covariance of a group's K rows is
   * sigma^2 I + G_d G_d' for its kind d (Laird and Ware 1982, section 2), with Cholesky factor C, here an entry at
   * a time for all kinds. The density has a factor 1 / det(C) for each of the groups of a kind.
   *
   * @param y (H K) the first row of each group, then the second
   * @param eta (H K) their means without group effects
   * @param G (D K x K) rows of Z of each kind times a factor of the covariance of the effects
   * @param sigma residual standard deviation
   * @param kind (H) of each group
   * @param size (D) groups of each kind
   * @return log density up to a constant
   */
  real grouped_normal_lpdf(vector y, vector eta, matrix G, real sigma, array[] int kind, vector size) {
    int K = cols(G);
    int D = rows(G) %/% K;
    int H = num_elements(kind);
    vector[H * K] e = y - eta;
    array[K, K] vector[D] C;
    array[K] vector[H] z;
    real lp = 0;
    for (p in 1:K) {
      z[p] = segment(e, (p - 1) * H + 1, H);
      for (q in 1:p) {
        C[p, q] = rows_dot_product(block(G, (p - 1) * D + 1, 1, D, K), block(G, (q - 1) * D + 1, 1, D, K));
        for (r in 1:(q - 1)) {
          C[p, q] -= C[p, r] .* C[q, r];
        }
        if (q < p) {
          C[p, q] ./= C[q, q];
          z[p] -= C[p, q][kind] .* z[q];
        }
      }
      C[p, p] = sqrt(square(sigma) + C[p, p]);
      z[p] ./= C[p, p][kind];
      lp += -dot_product(size, log(C[p, p])) - 0.5 * dot_self(z[p]);
    }
    return lp;
  }
}
data {
  int<lower=0> F;  // fixed coefficients, the intercept first
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
  vector[F - 1] x_mean;  // means of their columns over the rows

  // Group term 1
  int<lower=2> K_1;  // coefficients

  int<lower=1> S;  // standard deviations of all group terms
  vector[S] log_sd_hat;  // about what their logarithms are
  matrix[S, S] log_sd_L;  // times its transpose, about their posterior covariance
  vector<lower=0>[S] log_sd_bend;  // how much longer their tails to the left are
  vector<lower=0, upper=1>[S] by_sigma;  // 1: the prior of this sd is on sd / sigma

  int<lower=1> J;  // groups
  int<lower=1> K;  // effects of a group, and rows that they enter
  int<lower=1> D;  // kinds of groups: those of one kind have the same Z
  vector<lower=1>[D] size;  // groups of each kind
  matrix[D * K, K_1] Z_1;  // the first row of each kind, then the second
  int<lower=1> H;  // groups, or fewer whose squares are theirs
  array[H] int<lower=1, upper=D> kind;
  matrix[H * K, F] X;  // the first row of each, then the second
  int<lower=0> R;  // rows that no effect enters
  matrix[R, F] X_rest;

  // Response: rows are already times the square roots of their weights, less the offset
  real<lower=0> N;  // observations; weights that are exponents make it real
  vector[H * K] y;
  vector[R] y_rest;
  real<lower=0> ss;  // squares that are the same whatever the parameters are

  real<lower=0> Intercept_student_t_df;
  real Intercept_student_t_location;
  real<lower=0> Intercept_student_t_scale;

  int<lower=0> N_b_normal;
  array[N_b_normal] int<lower=1> b_normal_at;  // elements of b
  vector[N_b_normal] b_normal_location;
  vector<lower=0>[N_b_normal] b_normal_scale;

  vector<lower=0>[1] cor_lkj_regularization;

  int<lower=0> N_sd_exponential;
  array[N_sd_exponential] int<lower=1> sd_exponential_at;  // elements of sd
  vector<lower=0>[N_sd_exponential] sd_exponential_rate;

  real<lower=0> sigma_exponential_rate;
}
parameters {
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
  vector[S] z_sd;  // sds of the group coefficients, in units of the posterior of their logarithms
  real<lower=0> sigma;  // residual standard deviation
  cholesky_factor_corr[K_1] L_1;
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

  // Group term 1: a = z T'
  matrix[K_1, K_1] T_1 = diag_pre_multiply(segment(sd, 1, K_1), L_1);

  // Linear predictor but for group effects
  vector[H * K] eta = X * beta;
  vector[R] eta_rest = X_rest * beta;
  matrix[D * K, K] G = Z_1 * T_1;

  // Likelihood
  y ~ grouped_normal(eta, G, sigma, kind, size);
  target += -(N - J * K) * log(sigma) - 0.5 * (ss + dot_self(y_rest - eta_rest)) / square(sigma);

  // Priors
  vector[S] ratio = sd .* exp(-log(sigma) * by_sigma);
  target += -sum(by_sigma) * log(sigma);
  alpha_c ~ student_t(Intercept_student_t_df, Intercept_student_t_location, Intercept_student_t_scale);
  b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);
  L_1 ~ lkj_corr_cholesky(cor_lkj_regularization[1]);
  ratio[sd_exponential_at] ~ exponential(sd_exponential_rate);
  sigma ~ exponential(sigma_exponential_rate);
}
