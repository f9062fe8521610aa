{# Positive responses with mean mu and variance mu^3 / shape, a cell by its number, mean and what that leaves.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "functions/incomplete.stan" as incomplete %}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: of the rows of a cell; weights make them real
  vector<lower=0>[C] n;
  vector<lower=0>[C] y;  // mean
  vector<lower=0>[C] ss;  // sum of (y / mean - 1)^2 / y
{% endmacro %}
{% macro model(s, link) %}
  vector[C] off = y .* exp(-({{ link.log_inverse("eta") }})) - 1;
  vector[C] deviance = ss + n .* square(off) ./ y;
{% if "shape" in s.vectors %}
  target += 0.5 * dot_product(n, log(shape)) - 0.5 * dot_product(shape, deviance);
{% else %}
  target += 0.5 * sum(n) * log(shape) - 0.5 * shape * sum(deviance);
{% endif %}
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.normal() }}

  /**
   * Log chances of a response below y, and above it (Shuster 1968, Journal of the American Statistical Association
   * 63:1514).
   */
  vector log_below(vector y, vector log_mu, vector shape) {
    vector[num_elements(y)] root = sqrt(shape ./ y);
    vector[num_elements(y)] ratio = y .* exp(-log_mu);
    vector[num_elements(y)] first = log_Phi(root .* (ratio - 1));
    return first + log1p_exp(2 * shape .* exp(-log_mu) + log_Phi(-root .* (ratio + 1)) - first);
  }

  vector log_above(vector y, vector log_mu, vector shape) {
    vector[num_elements(y)] root = sqrt(shape ./ y);
    vector[num_elements(y)] ratio = y .* exp(-log_mu);
    vector[num_elements(y)] first = log_Phi(root .* (1 - ratio));
    return first + log1m_exp(2 * shape .* exp(-log_mu) + log_Phi(-root .* (ratio + 1)) - first);
  }
{% endmacro %}
{% macro tail_names(s) %}log_mu, shape{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.log_inverse("eta[cell_" ~ kind ~ "]") }}, {{ masses.each(s, "shape", kind) -}}
{% endmacro %}
