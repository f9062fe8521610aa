{# Logarithms of incomplete gamma and beta functions, with their digits in both tails, and of the normal distribution.
   Stan's own lose the digits of derivatives: 1e-5 of a normal's, 1e-2 of a gamma's in its shape, whose series stop early.
   These differentiate what they sum, for all places at once, and take the same steps whatever the parameters are: loops
   that end when they have converged are slow in Stan, and converge before their derivatives do; so are branches a place,
   in whose stead both sides are computed. SciPy has their values.
   Contract: macros normal, gamma, beta and passed, for the functions block; gamma and beta read turned, before them. #}
{% macro turned() %}
  /**
   * 1 where x is above 0, and else 0: constants.
   */
  vector above_zero(vector x) {
    return fmin(fmax(x * 1e300, 0), 1);
  }

  /**
   * The logarithms of chances, and where `turn` is 1 of what they leave.
   */
  vector log_turned(vector log_p, vector turn) {
    return (1 - turn) .* log_p + turn .* log1m_exp(fmin(log_p, -1e-300));
  }
{% endmacro %}
{% macro passed() %}
  /**
   * The logarithm of 1 - exp(-hazard), of log hazard; below -600 they are one number.
   */
  vector log_passed(vector log_hazard) {
    return log1m_exp(-exp(fmax(log_hazard, -600))) + fmin(log_hazard + 600, 0);
  }
{% endmacro %}
{% macro normal() %}
  /**
   * The logarithm of the standard normal distribution function, and below 0 of it times exp(z^2 / 2) (NIST handbook,
   * 7.12.1 below -36).
   *
   * @param z (N)
   * @return log(Phi(z) exp(min(z, 0)^2 / 2)), (N)
   */
  vector log_scaled_Phi(vector z) {
    // Two tails, each held at its end where the other is asked
    vector[num_elements(z)] low = fmin(fmax(z, -36), 0);
    vector[num_elements(z)] near = log(erfc(low * -sqrt(0.5))) + 0.5 * square(low) + log1m(0.5 * erfc(fmax(z, 0) * sqrt(0.5)));
    vector[num_elements(z)] far = fmin(z, -36);
    vector[num_elements(z)] u = inv_square(far);
    vector[num_elements(z)] series = 1 - u .* (1 - 3 * u .* (1 - 5 * u .* (1 - 7 * u .* (1 - 9 * u))));
    return near - log(far / -36) + log(series) + 0.0007701221376162846;
  }

  /**
   * The logarithm of the standard normal distribution function.
   */
  vector log_Phi(vector z) {
    return log_scaled_Phi(z) - 0.5 * square(fmin(z, 0));
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
    vector[N] up = above_zero(x - a - 1);
    vector[N] side = 2 * up - 1;
    vector[N] slope = (1 - up) .* (fmax(a - x, 0) + a ./ sqrt(1 + a)) + up .* (x - a + x ./ sqrt(1 + x));
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
    return log_turned(log_gamma_end(a, x, log_x), above_zero(x - a - 1));
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
    return log_turned(log_gamma_end(a, x, log_x), 1 - above_zero(x - a - 1));
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
    vector[N] both = a + b;
    vector[N] other = above_zero(exp(log_x) .* (both + 2) - a - 1);  // whether the other end is the nearer
    vector[N] p = (1 - other) .* a + other .* b;
    vector[N] x = (1 - other) .* exp(log_x) + other .* exp(log1m_x);
    vector[N] slope = fmax(p - both .* x, 0) + p ./ sqrt(1 + p .* both ./ (both - p));
    vector[N] total = zeros_vector(N);
    for (k in 0:64) {
      real v = (k - 27) / 8.0;
      real t = exp(v - exp(-v));
      vector[N] e = t * inv(slope);
      total += t * (1 + exp(-v)) / 8 * exp(-p .* e - both .* log1p(x .* expm1(-e)));
    }
    return log_turned(a .* log_x + b .* log1m_x - lbeta(a, b) + log(total) - log(slope), other);
  }
{% endmacro %}
