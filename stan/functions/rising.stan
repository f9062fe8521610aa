{# The logarithm of a ratio of gamma functions, to full precision; stanmlm/families/rising.py is its twin.
   Contract: a macro rising, for the functions block, given whether a is a vector. #}
{% macro rising(vectors) %}
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
{% if vectors %}

  /**
   * The same for another a in each place.
   *
   * @param a positive, (N)
   * @param y 0 or more, (N)
   * @return (N)
   */
  vector log_rising_each(vector a, vector y) {
    vector[num_elements(y)] out;
    for (i in 1:num_elements(y)) {
      out[i] = log_rising(a[i], segment(y, i, 1))[1];
    }
    return out;
  }
{% endif %}
{% endmacro %}
