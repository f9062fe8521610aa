{# Shares between 0 and 1, with zeros and ones of their own.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "families/beta.stan" as beta %}
{% import "mixtures/chance.stan" as chance %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: zeros, ones and the others of a cell, how many; weights make them real
  vector<lower=0>[C] zeros;
  vector<lower=0>[C] ones;
  vector<lower=0>[C] others;

  // The others
{{ beta.data(s) -}}
{% endmacro %}
{% macro model(s, link) %}
{{ beta.model(s, link) }}
{{ chance.logs(s, "zoi") }}
{{ chance.logs(s, "coi") }}
  target += {{ chance.total(s, "zoi", "(zeros + ones)", "log_zoi") }} + {{ chance.total(s, "zoi", "others", "log1m_zoi") }};
  target += {{ chance.total(s, "coi", "ones", "log_coi") }} + {{ chance.total(s, "coi", "zeros", "log1m_coi") }};
{% endmacro %}
