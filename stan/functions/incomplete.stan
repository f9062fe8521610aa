{# Logarithms of incomplete gamma and beta functions, with their digits in both tails, and of the normal distribution.
   Stan's own lose the digits of derivatives: 1e-5 of a normal's, 1e-2 of a gamma's in its shape, whose series stop early.
   These differentiate what they sum, for all places at once, and take the same steps whatever the parameters are: loops
   that end when they have converged are slow in Stan, and converge before their derivatives do. SciPy has their values.
   Contract: macros normal, gamma and beta, for the functions block. #}
{% macro normal() %}
  /**
   * The logarithm of the standard normal distribution function (NIST handbook, 7.12.1 below -20).
   *
   * @param z (N)
   * @return log Phi(z), (N)
   */
  vector log_Phi(vector z) {
    int N = num_elements(z);
    vector[N] out = log(0.5 * erfc(fmin(fmax(z, -20), 5) * -sqrt(0.5)));
    for (i in 1:N) {
      if (z[i] > 5) {
        out[i] = log1m(0.5 * erfc(z[i] * sqrt(0.5)));
      } else if (z[i] < -20) {
        real u = inv_square(z[i]);
        real s = 1;
        for (k in 1:10) {
          s = 1 - (21 - 2 * k) * u * s;  // 1 - u + 3 u^2 - 15 u^3 ..., from its end
        }
        out[i] = -0.5 * square(z[i]) - log(-z[i]) - 0.5 * log(2 * pi()) + log(s);
      }
    }
    return out;
  }
{% endmacro %}
{% macro gamma() %}
  /**
   * The logarithm of the regularised incomplete gamma functions: of P(a, x) where x is below a + 1, else of Q(a, x).
   * With t = x exp(e) they are x^a exp(-x) / gamma(a) times an integral over e of exp(a e - x expm1(e)), from 0 down
   * or up, by the trapezoidal rule after e = w exp(v - exp(-v)) (Takahasi and Mori 1974): to 1e-10 for any a and x.
   *
   * @param a positive, (N)
   * @param x positive, (N)
   * @param log_x (N)
   * @return log P(a, x) or log Q(a, x), (N)
   */
  vector log_gamma_end(vector a, vector x, vector log_x) {
    int N = num_elements(x);
    vector[N] side = -ones_vector(N);
    vector[N] slope = fmax(a - x, 0) + a ./ sqrt(1 + a);
    for (i in 1:N) {
      if (x[i] > a[i] + 1) {
        side[i] = 1;
        slope[i] = x[i] - a[i] + x[i] / sqrt(1 + x[i]);
      }
    }
    vector[N] total = zeros_vector(N);
    for (k in 0:64) {
      real v = (k - 27) / 8.0;
      real t = exp(v - exp(-v));
      vector[N] e = t * side ./ slope;
      total += t * (1 + exp(-v)) / 8 * exp(a .* e - x .* expm1(e));
    }
    return a .* log_x - x - lgamma(a) + log(total) - log(slope);
  }

  /**
   * The logarithm of the regularised lower incomplete gamma function P(a, x).
   *
   * @param a positive, (N)
   * @param log_x (N)
   * @return log P(a, x), (N)
   */
  vector log_gamma_p(vector a, vector log_x) {
    vector[num_elements(a)] x = exp(log_x);
    vector[num_elements(a)] out = log_gamma_end(a, x, log_x);
    for (i in 1:num_elements(a)) {
      if (x[i] > a[i] + 1) {
        out[i] = log1m_exp(out[i]);
      }
    }
    return out;
  }

  /**
   * The logarithm of the regularised upper incomplete gamma function Q(a, x).
   *
   * @param a positive, (N)
   * @param log_x (N)
   * @return log Q(a, x), (N)
   */
  vector log_gamma_q(vector a, vector log_x) {
    vector[num_elements(a)] x = exp(log_x);
    vector[num_elements(a)] out = log_gamma_end(a, x, log_x);
    for (i in 1:num_elements(a)) {
      if (x[i] <= a[i] + 1) {
        out[i] = log1m_exp(out[i]);
      }
    }
    return out;
  }
{% endmacro %}
{% macro beta() %}
  /**
   * The logarithm of the regularised incomplete beta function I_x(a, b), or that of what I_(1-x)(b, a) leaves where that
   * is the nearer end. With t / (1 - t) = exp(-e) x / (1 - x) it is x^a (1 - x)^b / B(a, b) times an integral over e of
   * exp(-a e - (a + b) log(1 + x expm1(-e))) from 0 on, by the rule of log_gamma_end.
   *
   * @param a positive, (N)
   * @param b positive, (N)
   * @param log_x (N)
   * @param log1m_x (N)
   * @return log I_x(a, b), (N)
   */
  vector log_inc_beta(vector a, vector b, vector log_x, vector log1m_x) {
    int N = num_elements(a);
    vector[N] p = a;
    vector[N] x = exp(log_x);
    vector[N] both = a + b;
    vector[N] beyond = x .* (both + 2) - a - 1;  // of each place, whether the other end is the nearer
    for (i in 1:N) {
      if (beyond[i] > 0) {
        p[i] = b[i];
        x[i] = exp(log1m_x[i]);
      }
    }
    vector[N] slope = fmax(p - both .* x, 0) + p ./ sqrt(1 + p .* both ./ (both - p));
    vector[N] total = zeros_vector(N);
    for (k in 0:64) {
      real v = (k - 27) / 8.0;
      real t = exp(v - exp(-v));
      vector[N] e = t * inv(slope);
      total += t * (1 + exp(-v)) / 8 * exp(-p .* e - both .* log1p(x .* expm1(-e)));
    }
    vector[N] out = a .* log_x + b .* log1m_x - lbeta(a, b) + log(total) - log(slope);
    for (i in 1:N) {
      if (beyond[i] > 0) {
        out[i] = log1m_exp(out[i]);
      }
    }
    return out;
  }
{% endmacro %}
