{# The prior decov(regularization, concentration, shape, scale) on all sds of a term; its lkj(regularization) is a prior of its own.
   Contract: macros functions, data, model, given the parameter `x`, the stem of the data's names, and `at` in x. #}
{% import "fragments/declare.stan" as declare %}
{% macro functions() %}
  /**
   * rstanarm's decov on standard deviations, up to a constant: the variances are P tau^2 pi,
   * tau ~ gamma(shape, 1 / scale) and pi ~ dirichlet(concentration), with the Jacobian of (tau, pi).
   *
   * @param sd (P) standard deviations of one group term
   */
  real decov_lpdf(vector sd, real concentration, real shape, real scale) {
    int P = size(sd);
    real tau = sqrt(mean(square(sd)));
    vector[P] log_pi = 2 * log(sd / tau);
    return gamma_lpdf(tau | shape, inv(scale)) + (concentration - 1) * sum(log_pi)
           + sum(log(sd)) - (2 * P - 1) * log(tau);
  }
{% endmacro %}
{% macro data(name, size) %}
  array[{{ size }}] int<lower=1> {{ name }}_size;  // sds of the term that starts there
{{ declare.positive(name ~ "_concentration", size) -}}
{{ declare.positive(name ~ "_shape", size) -}}
{{ declare.positive(name ~ "_scale", size) -}}
{% endmacro %}
{% macro model(x, name, at) %}
  for (i in 1:N_{{ name }}) {
    target += decov_lupdf(segment({{ x }}, {{ name }}_at[i], {{ name }}_size[i])
                          | {{ name }}_concentration[i], {{ name }}_shape[i], {{ name }}_scale[i]);
  }
{% endmacro %}
