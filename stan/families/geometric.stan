{# Counts with variance mu + mu^2, a cell by its sums.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta`. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] n;
  vector<lower=0>[C] y;  // total of the counts
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_mu = {{ link.log_inverse("eta") }};
  target += dot_product(y, log_mu) - dot_product(y + n, log1p_exp(log_mu));
{% endmacro %}
{% macro tails(s) %}
  /**
   * Log chances of no more than y failures, and of more.
   */
  vector log_below(vector y, vector log_mu) {
    return log1m_exp(-(y + 1) .* log1p_exp(-log_mu));
  }

  vector log_above(vector y, vector log_mu) {
    return -(y + 1) .* log1p_exp(-log_mu);
  }
{% endmacro %}
{% macro tail_names(s) %}log_mu{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.log_inverse("eta[cell_" ~ kind ~ "]") -}}
{% endmacro %}
