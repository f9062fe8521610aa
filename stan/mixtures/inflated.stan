{# Zeros beside those of a family of counts.
   Contract: macros data(family's, sized) and model(s, family's, log_zero), given the text of the family's own macros,
   log_zero of the cells at `zero_at`; tails(the family's, its tail_names), tail_names() and tail_arguments(s, kind) are
   what fragments/masses.stan reads, the family's names and arguments before them. #}
{% import "fragments/masses.stan" as masses %}
{% import "mixtures/chance.stan" as chance %}
{% macro data(own, sized) %}
  // Response: zeros of a cell and the others, how many; weights make them real
  vector<lower=0>[C] zeros;
  vector<lower=0>[C] others;
  int<lower=0> C_zero;
  array[C_zero] int<lower=1, upper=C> zero_at;  // cells with zeros
{% if sized %}
  vector<lower=0>[C] size;  // trials of each row
{% endif %}

  // The others
{{ own }}
{% endmacro %}
{% macro model(s, own, log_zero) %}
{{ own }}
{{ chance.logs(s, "zi") }}
  target += {{ chance.total(s, "zi", "others", "log1m_zi") }} + {{ chance.total(s, "zi", "zeros", "log_zi") }};
  // A zero is one of the counts' or not: log of zi + (1 - zi) exp(log_zero)
  vector[C_zero] log_zero = {{ log_zero }};
  target += dot_product(zeros[zero_at], log1p_exp(log_zero - {{ chance.logit(s, "zi", "[zero_at]") }}));
{% endmacro %}
{% macro tails(own, names) %}
{{ own | replace("log_below", "log_own_below") | replace("log_above", "log_own_above") }}

  /**
   * The same of the mixture: a zero of the others, or no more than y; no such zero, and more than y.
   */
  vector log_below(data vector y{{ masses.typed(names) }}, vector log_zi, vector log1m_zi) {
    return log_zi + log1p_exp(log1m_zi + log_own_below(y, {{ names }}) - log_zi);
  }

  vector log_above(data vector y{{ masses.typed(names) }}, vector log_zi, vector log1m_zi) {
    return log1m_zi + log_own_above(y, {{ names }});
  }
{% endmacro %}
{% macro tail_names() %}log_zi, log1m_zi{% endmacro %}
{% macro tail_arguments(s, kind) %}{{ chance.each(s, "zi", kind) }}{% endmacro %}
