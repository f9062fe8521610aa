{# Counts with variance mu (1 + phi): a negative binomial of size mu / phi.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "functions/rising.stan" as functions_of %}
{% import "functions/incomplete.stan" as incomplete %}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}{{ functions_of.ascending() }}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector<lower=0>[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_size = {{ link.log_inverse("eta") }} - log(phi);
  vector[C] size_times = exp(log_size) {{ ".*" if "phi" in s.vectors else "*" }} log1p(phi);
  target += dot_product(n, log_ascending(log_size[cell], y) - size_times[cell]);
  target += {{ "dot_product(n .* y, log_inv_logit(log(phi))[cell])" if "phi" in s.vectors else "dot_product(n, y) * log_inv_logit(log(phi))" }};
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.beta() }}

  /**
   * Log chances of no more than y events, and of more.
   */
  vector log_below(vector y, vector log_mu, vector phi) {
    return log_inc_beta(exp(log_mu - log(phi)), y + 1, -log1p(phi), -log1p(inv(phi)));
  }

  vector log_above(vector y, vector log_mu, vector phi) {
    return log_inc_beta(y + 1, exp(log_mu - log(phi)), -log1p(inv(phi)), -log1p(phi));
  }
{% endmacro %}
{% macro tail_names(s) %}log_mu, phi{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.log_inverse("eta[cell_" ~ kind ~ "]") }}, {{ masses.each(s, "phi", kind) -}}
{% endmacro %}
