{# Successes in trials, both real, so that weights and shares enter as they are.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta`. #}
{% import "functions/incomplete.stan" as incomplete %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // successes
  vector<lower=0>[C] trials;
{% endmacro %}
{% macro model(s, link) %}
  target += dot_product(y, {{ link.log_inverse("eta") }}) + dot_product(trials - y, {{ link.log1m_inverse("eta") }});
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
