{# Positive responses whose logarithms are normal: gaussian's of those.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "families/gaussian.stan" as gaussian %}
{% import "functions/incomplete.stan" as incomplete %}
{% macro functions(s) %}{{ gaussian.functions(s) }}{% endmacro %}
{% macro data(s) %}{{ gaussian.data(s) }}{% endmacro %}
{% macro model(s, link) %}{{ gaussian.model(s, link) }}{% endmacro %}
{% macro tails(s) %}
{{ incomplete.normal() }}

  /**
   * Log chances of a response below y, and above it.
   */
  vector log_below(vector y, vector mu, vector sd) {
    return log_Phi((log(y) - mu) ./ sd);
  }

  vector log_above(vector y, vector mu, vector sd) {
    return log_Phi((mu - log(y)) ./ sd);
  }
{% endmacro %}
{% macro tail_names(s) %}{{ gaussian.tail_names(s) }}{% endmacro %}
{% macro tail_arguments(s, link, kind) %}{{ gaussian.tail_arguments(s, link, kind) }}{% endmacro %}
