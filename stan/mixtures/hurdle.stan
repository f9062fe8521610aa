{# Zeros in the place of those of a family.
   Contract: macros data(family's, counts) and model(s, dpar, family's, log_zero), given the text of the family's own
   macros, log_zero of the cells at `other_at`; it is empty where the family has no zeros; tails(the family's, its tail_names, dpar,
   counts), tail_names(dpar, counts) and tail_arguments(s, dpar, kind, log_zero of the kind's cells) are what
   fragments/masses.stan reads, as those of inflated.stan. #}
{% import "fragments/masses.stan" as masses %}
{% import "mixtures/chance.stan" as chance %}
{% macro data(own, counts) %}
  // Response: zeros of a cell and the others, how many; weights make them real
  vector<lower=0>[C] zeros;
  vector<lower=0>[C] others;
{% if counts %}
  int<lower=0> C_other;
  array[C_other] int<lower=1, upper=C> other_at;  // cells with others
{% endif %}

  // The others
{{ own }}
{% endmacro %}
{% macro model(s, dpar, own, log_zero) %}
{{ own }}
{{ chance.logs(s, dpar) }}
  target += {{ chance.total(s, dpar, "zeros", "log_" ~ dpar) }} + {{ chance.total(s, dpar, "others", "log1m_" ~ dpar) }};
{% if log_zero %}
  vector[C_other] log_zero = {{ log_zero }};
  target += -dot_product(others[other_at], log1m_exp(log_zero));
{% endif %}
{% endmacro %}
{% macro tails(own, names, dpar, counts) %}
{% set more = ", vector log_" ~ dpar ~ ", vector log1m_" ~ dpar ~ (", vector log_none" if counts else "") %}
{{ own | replace("log_below", "log_own_below") | replace("log_above", "log_own_above") }}

  /**
   * The same of the mixture: a zero, or no more than y of what is above 0; no zero, and more than y.
   */
  vector log_below(data vector y{{ masses.typed(names) ~ more }}) {
    // What is 0 has none of the others: minus infinity would have no derivatives
    vector[num_elements(y)] own = log_own_below({{ "y" if counts else "fmax(y, 1e-300)" }}, {{ names }}) - 2000 * (1 - above_zero(y));
{% if counts %}
    own += log1m_exp(fmin(log_none - own, -1e-300)) - log1m_exp(log_none);
{% endif %}
    return log_{{ dpar }} + log1p_exp(log1m_{{ dpar }} + own - log_{{ dpar }});
  }

  vector log_above(data vector y{{ masses.typed(names) ~ more }}) {
{% if counts %}
    return log1m_{{ dpar }} + log_own_above(y, {{ names }}) - log1m_exp(log_none);
{% else %}
    return log1m_{{ dpar }} + above_zero(y) .* log_own_above(fmax(y, 1e-300), {{ names }});
{% endif %}
  }
{% endmacro %}
{% macro tail_names(dpar, counts) %}log_{{ dpar }}, log1m_{{ dpar }}{{ ", log_none" if counts }}{% endmacro %}
{% macro tail_arguments(s, dpar, kind, log_zero) %}{{ chance.each(s, dpar, kind) }}{{ ", " ~ log_zero if log_zero }}{% endmacro %}
