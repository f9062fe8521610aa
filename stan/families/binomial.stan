{# Successes in trials, both real, so that weights and shares enter as they are.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta`;
   log_zero(s, at), after it, is the log probability of no success in `size` trials in cells `at`. #}
{% import "functions/incomplete.stan" as incomplete %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // successes
  vector<lower=0>[C] trials;
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_mu = {{ link.log_inverse("eta") }};
  vector[C] log1m_mu = {{ link.log1m_inverse("eta") }};
  target += dot_product(y, log_mu) + dot_product(trials - y, log1m_mu);
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.beta() }}

  /**
   * Log chances of no more than y successes of so many trials, and of more.
   */
  vector log_below(vector y, vector log_mu, vector log1m_mu, vector trials) {
    return log_inc_beta(trials - y, y + 1, log1m_mu, log_mu);
  }

  vector log_above(vector y, vector log_mu, vector log1m_mu, vector trials) {
    return log_inc_beta(y + 1, trials - y, log_mu, log1m_mu);
  }
{% endmacro %}
{% macro tail_names(s) %}log_mu, log1m_mu, trials{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.log_inverse("eta[cell_" ~ kind ~ "]") }}, {{ link.log1m_inverse("eta[cell_" ~ kind ~ "]") }}, {{ "trials_" ~ kind if "trials" in s.extras else "ones_vector(R_" ~ kind ~ ")" -}}
{% endmacro %}
{% macro log_zero(s, at) %}size{{ at }} .* log1m_mu{{ at }}{% endmacro %}
