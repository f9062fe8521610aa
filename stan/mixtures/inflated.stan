{# Zeros beside those of a family of counts.
   Contract: macros data(family's, sized) and model(s, family's, log_zero), given the text of the family's own macros. #}
{% import "mixtures/chance.stan" as chance %}
{% macro data(own, sized) %}
  // Response: zeros of a cell and the others, how many; weights make them real
  vector<lower=0>[C] zeros;
  vector<lower=0>[C] others;
{% if sized %}
  vector<lower=0>[C] size;  // trials of each row
{% endif %}

  // The others
{{ own }}
{% endmacro %}
{% macro model(s, own, log_zero) %}
{{ own -}}
{{ chance.logs(s, "zi") -}}
  // A zero is one of the counts' or not: log of zi + (1 - zi) exp(log_zero)
  vector[C] log_zero = {{ log_zero }};
  target += {{ chance.total(s, "zi", "others", "log1m_zi") }};
  target += dot_product(zeros, log_zi + log1p_exp(log_zero + log1m_zi - log_zi));
{% endmacro %}
