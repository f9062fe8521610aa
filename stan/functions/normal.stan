{# Functions of the normal distribution that keep their digits in the tails.
   Contract: a macro log_normal, the function of a vector. #}
{% macro log_normal() %}
  /**
   * The logarithm of the normal distribution function. A vector at once is twice as fast, but Phi underflows below -37.
   *
   * @param x (R)
   * @return (R)
   */
  vector log_Phi_each(vector x) {
    int R = size(x);
    if (R == 0 || min(x) > -37) {
      return log(Phi(x));
    }
    vector[R] out;
    for (r in 1:R) {
      out[r] = std_normal_lcdf(x[r] | );
    }
    return out;
  }
{% endmacro %}
