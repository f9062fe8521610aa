{# Positive responses with mean mu and variance mu^2, a cell by its sums.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta`. #}
{% import "functions/incomplete.stan" as incomplete %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] n;
  vector<lower=0>[C] y;
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_mu = {{ link.log_inverse("eta") }};
  target += -dot_product(n, log_mu) - dot_product(y, exp(-log_mu));
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.passed() }}

  /**
   * Log chances of a time below y, and above it, by the log of the hazard that has passed.
   */
  vector log_below(vector y, vector log_mu) {
    return log_passed(log(y) - log_mu);
  }

  vector log_above(vector y, vector log_mu) {
    return -exp(log(y) - log_mu);
  }
{% endmacro %}
{% macro tail_names(s) %}log_mu{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.log_inverse("eta[cell_" ~ kind ~ "]") -}}
{% endmacro %}
