// zero_inflated_beta_binomial family, logit link. Written by stanmlm.
// Every name, size, number and centring weight is data: models that differ only in those share this program.
functions {
  /**
   * What Stirling's formula for log gamma leaves, for z of 15 or more (NIST handbook, 5.11.1).
   *
   * @param z above 15
   * @return log gamma(z) - ((z - 1/2) log z - z + log(2 pi) / 2)
   */
  vector stirling(vector z) {
    vector[num_elements(z)] u = inv_square(z);
    return (1.0 / 12 - u .* (1.0 / 360 - u .* (1.0 / 1260 - u / 1680))) ./ z;
  }

  /**
   * The product of z + 1 to z + 14, by pairs that are as far from its ends.
   *
   * @param z (N)
   * @return (N)
   */
  vector next_fourteen(vector z) {
    vector[num_elements(z)] t = z .* (z + 15);
    return (t + 14) .* (t + 26) .* (t + 36) .* (t + 44) .* (t + 50) .* (t + 54) .* (t + 56);
  }

  /**
   * The logarithm of gamma(a + y) / gamma(a), for an a next to nothing as for one beyond measure; 0 where y is.
   *
   * Stirling's series at 15 more, and what the recurrence of the gamma function has on the way there.
   *
   * @param log_a (N)
   * @param y 0 or more, (N)
   * @return (N)
   */
  vector log_ascending(vector log_a, data vector y) {
    int S = 0;
    array[num_elements(y)] int some;
    vector[num_elements(y)] out = zeros_vector(num_elements(y));
    for (i in 1:num_elements(y)) {
      if (y[i] > 0) {
        S += 1;
        some[S] = i;
      }
    }
    vector[S] v = y[some[1:S]];
    vector[S] a = exp(log_a[some[1:S]]);
    vector[S] b = a + v;
    vector[S] near = log_a[some[1:S]] - log(b) + log(next_fourteen(a) ./ next_fourteen(b));
    vector[S] far = v .* log(a + 15) + (b + 14.5) .* log1p(v ./ (a + 15)) - v + (stirling(b + 15) - stirling(a + 15));
    out[some[1:S]] = near + far;
    return out;
  }
}
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
  array[C] int<lower=1, upper=J_1> g_1;  // level of each row
  vector[C] Z_1;

  // Response: zeros of a cell and the others, how many; weights make them real
  vector<lower=0>[C] zeros;
  vector<lower=0>[C] others;
  int<lower=0> C_zero;
  array[C_zero] int<lower=1, upper=C> zero_at;  // cells with zeros
  vector<lower=0>[C] size;  // trials of each row

  // The others
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector<lower=0>[R] y;  // successes
  vector<lower=0>[R] trials;
  vector<lower=0>[R] n;  // how often each is there; weights make it real

  real<lower=0> Intercept_student_t_df;
  real Intercept_student_t_location;
  real<lower=0> Intercept_student_t_scale;

  int<lower=0> N_b_normal;
  array[N_b_normal] int<lower=1> b_normal_at;  // elements of b
  vector[N_b_normal] b_normal_location;
  vector<lower=0>[N_b_normal] b_normal_scale;

  real<lower=0> phi_exponential_rate;

  int<lower=0> N_sd_exponential;
  array[N_sd_exponential] int<lower=1> sd_exponential_at;  // elements of sd
  vector<lower=0>[N_sd_exponential] sd_exponential_rate;

  real<lower=0> zi_beta_alpha;
  real<lower=0> zi_beta_beta;
}
transformed data {
  vector[F] beta_0 = append_row(fix_hat[1] - dot_product(x_mean, tail(fix_hat, F - 1)), tail(fix_hat, F - 1));
  vector[J_1] M_0_1 = A_1 * beta_0[A_at_1];
  vector[J_1] h_1 = w_1 ./ (2 - w_1);  // the weight in scales
}
parameters {
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
  vector[S] z_sd;  // sds of the group coefficients, in units of the posterior of their logarithms
  real<lower=0> phi;  // precision of the chances about mu
  real<lower=0, upper=1> zi;  // chance of a zero beside those of the counts
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
  vector[C] eta = X * beta[x_at]
    + Z_1 .* a_1[g_1];

  // Likelihood
  vector[C] log_up = log_inv_logit(eta) + log(phi);
  vector[C] log_down = log_inv_logit(-(eta)) + log(phi);
  vector[C] log_phi = rep_vector(log(phi), C);
  target += dot_product(n, log_ascending(log_up[cell], y) + log_ascending(log_down[cell], trials - y));
  target += -dot_product(n, log_ascending(log_phi[cell], trials));

  real log_zi = log(zi);
  real log1m_zi = log1m(zi);

  target += sum(others) * log1m_zi + sum(zeros) * log_zi;
  // A zero is one of the counts' or not: log of zi + (1 - zi) exp(log_zero)
  vector[C_zero] log_zero = log_ascending(log_down[zero_at], size[zero_at])
    - log_ascending(log_phi[zero_at], size[zero_at]);
  target += dot_product(zeros[zero_at], log1p_exp(log_zero - (log_zi - log1m_zi)));

  // Priors
  alpha_c ~ student_t(Intercept_student_t_df, Intercept_student_t_location, Intercept_student_t_scale);
  b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);
  phi ~ exponential(phi_exponential_rate);
  sd[sd_exponential_at] ~ exponential(sd_exponential_rate);
  zi ~ beta(zi_beta_alpha, zi_beta_beta);
}
