{# The logarithm of the normal distribution function, with its digits in the lower tail.
   Contract: a macro add_log_normal, the statements that add its sum over the R elements of a vector x, each n times. #}
{% macro add_log_normal(n, x) %}
  // A vector at once is twice as fast, but Phi underflows below -37
  vector[R] x = {{ x }};
  if (min(x) > -37) {
    target += dot_product({{ n }}, log(Phi(x)));
  } else {
    for (i in 1:R) {
      target += {{ n }}[i] * std_normal_lcdf(x[i] | );
    }
  }
{% endmacro %}
