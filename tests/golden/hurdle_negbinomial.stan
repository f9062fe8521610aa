// hurdle_negbinomial family, log link. Written by stanmlm.
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
   * The logarithm of gamma(a + y) / (gamma(a) a^y), which goes to 0 as a grows. A difference of log gamma functions
   * loses the digits that they have before the point; these terms stay small.
   *
   * @param a positive
   * @param y 0 or more, (N)
   * @return (N)
   */
  vector log_rising(real a, vector y) {
    int N = num_elements(y);
    vector[N] b = a + y;
    vector[N] out;
    if (a < 15) {
      out = lgamma(b) - lgamma(a) - y * log(a);
    } else {
      out = (b - 0.5) .* log1p(y / a) - y + (stirling(b) - stirling(rep_vector(a, N)));
    }
    return out;
  }
}
data {
  int<lower=0> F;  // fixed coefficients, the intercept first
  vector[F] fix_hat;  // about what they are
  matrix[F, F] fix_L;  // times its transpose, about their posterior covariance
  vector[F - 1] x_mean;  // means of their columns over the rows

  int<lower=0> C;  // rows of the likelihood: cells, or fewer
  int<lower=0> P_x;  // fixed columns that no group term has absorbed, the intercept counting first
  array[P_x] int<lower=1> x_at;  // their places
  matrix[C, P_x] X;
  vector[C] offsets;

  // Response: zeros of a cell and the others, how many; weights make them real
  vector<lower=0>[C] zeros;
  vector<lower=0>[C] others;
  int<lower=0> C_other;
  array[C_other] int<lower=1, upper=C> other_at;  // cells with others

  // The others
  // Response: sums over the rows of a cell, and how often each count is there; weights make them real
  vector<lower=0>[C] n;
  vector<lower=0>[C] y;  // total of the counts
  int<lower=0> U;
  vector<lower=0>[U] count;
  vector<lower=0>[U] often;

  real<lower=0> Intercept_student_t_df;
  real Intercept_student_t_location;
  real<lower=0> Intercept_student_t_scale;

  int<lower=0> N_b_normal;
  array[N_b_normal] int<lower=1> b_normal_at;  // elements of b
  vector[N_b_normal] b_normal_location;
  vector<lower=0>[N_b_normal] b_normal_scale;

  real<lower=0> hu_beta_alpha;
  real<lower=0> hu_beta_beta;

  real<lower=0> shape_exponential_rate;
}
parameters {
  vector[F] z_fix;  // fixed coefficients, in units of their posterior
  real<lower=0> shape;  // the variance of a count is mu + mu^2 / shape
  real<lower=0, upper=1> hu;  // chance of a zero
}
model {
  vector[F] fix = fix_hat + fix_L * z_fix;
  real alpha_c = fix[1];  // intercept at the means of the predictors
  vector[F - 1] b = tail(fix, F - 1);
  // The coefficients of the columns as they are, not centred
  vector[F] beta = append_row(alpha_c - dot_product(x_mean, b), b);

  // Linear predictor
  vector[C] eta = offsets
    + X * beta[x_at];

  // Likelihood
  vector[C] log_odds = eta - log(shape);
  vector[C] spread = log1p_exp(log_odds);
  target += dot_product(often, log_rising(shape, count));
  target += dot_product(y, eta) - dot_product(y + shape * n, spread);

  real log_hu = log(hu);
  real log1m_hu = log1m(hu);

  target += sum(zeros) * log_hu + sum(others) * log1m_hu;
  vector[C_other] log_zero = -shape * spread[other_at];
  target += -dot_product(others[other_at], log1m_exp(log_zero));

  // Priors
  alpha_c ~ student_t(Intercept_student_t_df, Intercept_student_t_location, Intercept_student_t_scale);
  b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);
  hu ~ beta(hu_beta_alpha, hu_beta_beta);
  shape ~ exponential(shape_exponential_rate);
}
