{# Counts that vary more than their mean: variance mu + mu^2 / shape.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the
   parameters that are vectors; log_zero(s, at), after it, is the log probability of a zero in cells `at`. #}
{% import "functions/rising.stan" as functions_of %}
{% import "functions/incomplete.stan" as incomplete %}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}
{{- functions_of.ascending() if "shape" in s.vectors or "rate" in s.extras else functions_of.rising() -}}
{% endmacro %}
{% macro data(s) %}
{% if "shape" in s.vectors %}
  // Response: the distinct counts of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector<lower=0>[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% if "rate" in s.extras %}
  vector<lower=0>[R] rate;  // what its mean and shape are times
{% endif %}
{% else %}
  // Response: sums over the rows of a cell, and how often each count is there; weights make them real
  vector<lower=0>[C] n;{{ "  // sum of the rates" if "rate" in s.extras }}
  vector<lower=0>[C] y;  // total of the counts
  int<lower=0> U;
  vector<lower=0>[U] count;
  vector<lower=0>[U] often;
{% if "rate" in s.extras %}
  vector<lower=0>[U] rate;  // what its mean and shape are times
{% endif %}
{% endif %}
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_odds = {{ link.log_inverse("eta") }} - log(shape);
  vector[C] spread = log1p_exp(log_odds);
{% if "shape" in s.vectors %}
  vector[R] log_a = log(shape)[cell]{{ " + log(rate)" if "rate" in s.extras }};
  target += dot_product(n, log_ascending(log_a, y) + y .* log_odds[cell] - (y + exp(log_a)) .* spread[cell]);
{% else %}
{% if "rate" in s.extras %}
  vector[U] log_a = log(shape) + log(rate);
  target += dot_product(often, log_ascending(log_a, count) - count .* log_a);
{% else %}
  target += dot_product(often, log_rising(shape, count));
{% endif %}
  target += dot_product(y, {{ link.log_inverse("eta") }}) - dot_product(y + shape * n, spread);
{% endif %}
{% endmacro %}
{% macro log_zero(s, at) %}-shape{{ at ~ " .*" if "shape" in s.vectors else " *" }} spread{{ at }}{% endmacro %}
{% macro tails(s) %}
{{ incomplete.beta() }}

  /**
   * Log chances of no more than y events, and of more, by the log of the odds mu / shape.
   */
  vector log_below(vector y, vector log_odds, vector shape) {
    return log_inc_beta(shape, y + 1, -log1p_exp(log_odds), -log1p_exp(-log_odds));
  }

  vector log_above(vector y, vector log_odds, vector shape) {
    if (max(y) == 0) {
      return log1m_exp(-shape .* log1p_exp(log_odds));
    }
    return log_inc_beta(y + 1, shape, -log1p_exp(-log_odds), -log1p_exp(log_odds));
  }
{% endmacro %}
{% macro tail_names(s) %}log_odds, shape{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{% set shape = masses.each(s, "shape", kind) %}
{{ link.log_inverse("eta[cell_" ~ kind ~ "]") }} - log({{ shape }}), {{ shape }}{{ " .* rate_" ~ kind if "rate" in s.extras -}}
{% endmacro %}
