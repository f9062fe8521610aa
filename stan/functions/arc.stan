{# Integrals of the von Mises density, with their digits. Contract: macro arc(). #}
{% macro arc() %}
  /**
   * Angles held within a half turn.
   */
  vector in_half(vector angle) {
    return fmin(fmax(angle, 0), pi());
  }

  /**
   * The integral of exp(kappa (cos t - cos nearest)) from `start` to `stop`, both from 0 to pi: the integrand falls, and
   * from where it begins to where nothing is left of it, it is smooth. Fejer's first rule, with 40 places.
   */
  vector half_arc(vector start, vector stop, vector nearest, vector kappa) {
    int N = num_elements(start);
    vector[N] far = inv(kappa .* sin(start) / 44 + sqrt(kappa / 220) .* fmax(cos(start), 0));
    vector[N] width = fmin(stop - start, far);
    // below 0 only where the half turn has nothing of the arc
    vector[N] ahead = fmax(2 * sin(0.5 * (start - nearest)) .* sin(0.5 * (start + nearest)), 0);
    vector[N] total = zeros_vector(N);
    for (k in 1:40) {
      real angle = (k - 0.5) * pi() / 40;
      real weight = 1;
      for (j in 1:20) {
        weight -= 2 * cos(2 * j * angle) / (4 * j^2 - 1);
      }
      vector[N] e = 0.5 * (1 - cos(angle)) * width;
      total += weight / 40 * exp(-kappa .* (ahead + 2 * sin(0.5 * e) .* sin(start + 0.5 * e)));
    }
    return width .* total;
  }

  /**
   * The logarithm of the integral of exp(kappa (cos t - 1)) from `low` to `high`, both from -2 pi to 2 pi, in the four
   * half turns that there are.
   *
   * @param kappa positive, (N)
   */
  vector log_arc(vector low, vector high, vector kappa) {
    int N = num_elements(low);
    vector[N] nearest = fmin(fmax(0, fmax(low, -high)), fmin(low, -high) + 2 * pi());
    vector[N] total = half_arc(in_half(low + 2 * pi()), in_half(high + 2 * pi()), nearest, kappa)
                      + half_arc(in_half(-high), in_half(-low), nearest, kappa)
                      + half_arc(in_half(low), in_half(high), nearest, kappa)
                      + half_arc(in_half(2 * pi() - high), in_half(2 * pi() - low), nearest, kappa);
    return log(total) - 2 * kappa .* square(sin(0.5 * nearest));
  }
{% endmacro %}
