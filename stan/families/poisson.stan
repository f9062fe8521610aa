{# Counts, a cell by its total and its exposure.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta`;
   log_zero(s, at), after it, is the log probability of a zero in cells `at`. #}
{% import "functions/incomplete.stan" as incomplete %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // total of the counts
  vector<lower=0>[C] exposure;  // {{ "sum of exp(offset)" if s.link == "log" else "rows, or their rates" }}
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_mu = {{ link.log_inverse("eta") }};
  vector[C] mu = {{ "exp(log_mu)" if s.link == "log" else link.inverse("eta") }};
  target += dot_product(y, log_mu) - dot_product(exposure, mu);
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.gamma() }}

  /**
   * Log chances of no more than y events, and of more.
   */
  vector log_below(vector y, vector log_mu) {
    return log_gamma_q(y + 1, log_mu);
  }

  vector log_above(vector y, vector log_mu) {
    if (max(y) == 0) {
      return log1m_exp(-exp(log_mu));
    }
    return log_gamma_p(y + 1, log_mu);
  }
{% endmacro %}
{% macro tail_names(s) %}log_mu{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.log_inverse("eta[cell_" ~ kind ~ "]") }}{{ " + log(rate_" ~ kind ~ ")" if "rate" in s.extras -}}
{% endmacro %}
{% macro log_zero(s, at) %}-mu{{ at }}{% endmacro %}
