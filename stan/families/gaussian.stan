{# Normal observations; where one sd serves all, in rows whose squares around eta, with those of `ss`, are theirs.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the
   parameters that are vectors. data_of_cells(s) and model_of_cells(s, link) are the same of cells with squares of their
   own, whatever sigma is. #}
{% import "functions/incomplete.stan" as incomplete %}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
{% if "se" in s.extras %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
  vector<lower=0>[R] se;  // its known sd beside sigma
{% elif "sigma" in s.vectors or s.masses or s.link != "identity" %}
{{ data_of_cells(s) -}}
{% else %}
  // Response: rows are already times the square roots of their weights, less the offset
  real<lower=0> N;  // observations; weights that are exponents make it real
  vector[C] y;
  real<lower=0> ss;  // squares that are the same whatever eta is
{% endif %}
{% endmacro %}
{% macro model(s, link) %}
{% if "se" in s.extras %}
  vector[R] variance = square(sigma{{ "[cell]" if "sigma" in s.vectors }}) + square(se);
  target += -0.5 * dot_product(n, log(variance) + square(y - ({{ link.inverse("eta") }})[cell]) ./ variance);
{% elif "sigma" in s.vectors or s.masses or s.link != "identity" %}
{{ model_of_cells(s, link) -}}
{% else %}
  target += -N * log(sigma) - 0.5 * (ss + dot_self(y - {{ link.inverse("eta") }})) / square(sigma);
{% endif %}
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.normal() }}

  /**
   * Log chances of a normal variable below y, and above it.
   */
  vector log_below(vector y, vector mu, vector sd) {
    return log_Phi((y - mu) ./ sd);
  }

  vector log_above(vector y, vector mu, vector sd) {
    return log_Phi((mu - y) ./ sd);
  }
{% endmacro %}
{% macro tail_names(s) %}mu, sd{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{% set sigma = masses.each(s, "sigma", kind) %}
{% set sd = sigma ~ " ./ sqrt(weights_" ~ kind ~ ")" if "weights" in s.extras else sigma %}
{{ link.inverse("eta[cell_" ~ kind ~ "]") }}, {{ "sqrt(square(" ~ sd ~ ") + square(se_" ~ kind ~ "))" if "se" in s.extras else sd -}}
{% endmacro %}
{% macro data_of_cells(s) %}
  // Response: of each cell{{ ", less the offset" if s.link == "identity" }}
  vector<lower=0>[C] N;  // observations
  vector<lower=0>[C] n;  // sum of their weights; a precision is a weight over sigma^2
  vector[C] y;  // weighted mean
  vector<lower=0>[C] ss;  // weighted squares around it
{% endmacro %}
{% macro model_of_cells(s, link) %}
{% if "sigma" in s.vectors %}
  target += -dot_product(N, log(sigma)) - 0.5 * sum((ss + n .* square(y - {{ link.inverse("eta") }})) ./ square(sigma));
{% else %}
  target += -sum(N) * log(sigma) - 0.5 * sum(ss + n .* square(y - {{ link.inverse("eta") }})) / square(sigma);
{% endif %}
{% endmacro %}
