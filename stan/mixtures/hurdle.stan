{# Zeros in the place of those of a family.
   Contract: macros data(family's, counts) and model(s, dpar, family's, log_zero), given the text of the family's own
   macros, log_zero of the cells at `other_at`; it is empty where the family has no zeros. #}
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
