{# Shares with mean mu and variance mu (1 - mu) / (1 + phi), a cell by its sums.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "functions/incomplete.stan" as incomplete %}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] n;
  vector[C] log_y;
  vector[C] log1m_y;
{% endmacro %}
{% macro model(s, link) %}
  // log of gamma(x) is that of gamma(1 + x) less log(x), which stays where x is next to nothing
  vector[C] log_mu = {{ link.log_inverse("eta") }};
  vector[C] log1m_mu = {{ link.log1m_inverse("eta") }};
  vector[C] up = exp(log_mu) {{ ".*" if "phi" in s.vectors else "*" }} phi;
  vector[C] down = exp(log1m_mu) {{ ".*" if "phi" in s.vectors else "*" }} phi;
  target += dot_product(up, log_y) + dot_product(down, log1m_y);
  target += dot_product(n, log_mu + log1m_mu - lgamma(1 + up) - lgamma(1 + down));
  target += {{ "dot_product(n, 2 * log(phi) + lgamma(phi))" if "phi" in s.vectors else "sum(n) * (2 * log(phi) + lgamma(phi))" }};
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.beta() }}

  /**
   * Log chances of a share below y, and above it.
   */
  vector log_below(vector y, vector log_mu, vector log1m_mu, vector phi) {
    return log_inc_beta(exp(log_mu) .* phi, exp(log1m_mu) .* phi, log(y), log1m(y));
  }

  vector log_above(vector y, vector log_mu, vector log1m_mu, vector phi) {
    return log_inc_beta(exp(log1m_mu) .* phi, exp(log_mu) .* phi, log1m(y), log(y));
  }
{% endmacro %}
{% macro tail_names(s) %}log_mu, log1m_mu, phi{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.log_inverse("eta[cell_" ~ kind ~ "]") }}, {{ link.log1m_inverse("eta[cell_" ~ kind ~ "]") }}, {{ masses.each(s, "phi", kind) -}}
{% endmacro %}
