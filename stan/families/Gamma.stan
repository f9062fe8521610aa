{# Positive responses with mean mu and variance mu^2 / shape, a cell by its sums.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "functions/incomplete.stan" as incomplete %}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] n;
  vector<lower=0>[C] y;
  vector[C] log_y;
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_mu = {{ link.log_inverse("eta") }};
{% if "shape" in s.vectors %}
  target += dot_product(n, shape .* (log(shape) - log_mu) - lgamma(shape)) + dot_product(shape, log_y - y .* exp(-log_mu));
{% else %}
  target += sum(n) * (shape * log(shape) - lgamma(shape)) + shape * (sum(log_y) - dot_product(n, log_mu) - dot_product(y, exp(-log_mu)));
{% endif %}
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.gamma() }}

  /**
   * Log chances of a response below y, and above it.
   */
  vector log_below(vector y, vector log_mu, vector shape) {
    return log_gamma_p(shape, log(y) + log(shape) - log_mu);
  }

  vector log_above(vector y, vector log_mu, vector shape) {
    return log_gamma_q(shape, log(y) + log(shape) - log_mu);
  }
{% endmacro %}
{% macro tail_names(s) %}log_mu, shape{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.log_inverse("eta[cell_" ~ kind ~ "]") }}, {{ masses.each(s, "shape", kind) -}}
{% endmacro %}
