{# Asymmetric Laplace responses: mu is the quantile of that name.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
{% set sigma = "sigma[cell]" if "sigma" in s.vectors else "sigma" %}
{% set q = "quantile[cell]" if "quantile" in s.vectors else "quantile" %}
  vector[R] z = (y - {{ link.inverse("eta") }}[cell]) {{ "./" if "sigma" in s.vectors else "/" }} {{ sigma }};
  target += -dot_product(n, 0.5 * abs(z) + ({{ q }} - 0.5) {{ ".*" if "quantile" in s.vectors else "*" }} z);
  target += -{{ "dot_product(n, log(sigma[cell]))" if "sigma" in s.vectors else "sum(n) * log(sigma)" }};
  target += {{ "dot_product(n, log(quantile[cell]) + log1m(quantile[cell]))" if "quantile" in s.vectors else "sum(n) * (log(quantile) + log1m(quantile))" }};
{% endmacro %}
{% macro tails(s) %}
  /**
   * Log chances of a response below y, and above it: exponential on either side of mu.
   */
  vector log_below(vector y, vector mu, vector sigma, vector quantile) {
    vector[num_elements(y)] z = (y - mu) ./ sigma;
    vector[num_elements(y)] under = log(quantile) + (1 - quantile) .* fmin(z, 0);
    return log_turned((1 - above_zero(z)) .* under + above_zero(z) .* (log1m(quantile) - quantile .* z), above_zero(z));
  }

  vector log_above(vector y, vector mu, vector sigma, vector quantile) {
    return log_below(-y, -mu, sigma, 1 - quantile);
  }
{% endmacro %}
{% macro tail_names(s) %}mu, sigma, quantile{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.inverse("eta[cell_" ~ kind ~ "]") }}, {{ masses.each(s, "sigma", kind) }}, {{ masses.each(s, "quantile", kind) -}}
{% endmacro %}
