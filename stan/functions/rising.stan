{# Logarithms of ratios of gamma functions, to full precision; stanmlm/families/rising.py is their twin.
   Contract: for the functions block, a macro rising, where all places share a, and a macro ascending, where none do. #}
{% macro stirling() %}
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
{% endmacro %}
{% macro rising() %}
{{ stirling() }}

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
{% endmacro %}
{% macro ascending() %}
{{ stirling() }}

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
    array[num_elements(y)] int some = rep_array(1, num_elements(y));  // also of none it needs a value
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
{% endmacro %}
