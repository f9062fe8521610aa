{# The prior of some elements of a vector parameter.
   Contract: macros data, model, given the prior in use (`name`, `x`, `file`) and the group terms. #}
{% macro data(prior, terms) %}
  int<lower=0> N_{{ prior.name }};
  array[N_{{ prior.name }}] int<lower=1> {{ prior.name }}_at;  // elements of {{ prior.class_ }}
{{ prior.file.data(prior.name, "N_" ~ prior.name) -}}
{% endmacro %}
{% macro model(prior, terms) %}
{{ prior.file.model(prior.x, prior.name, "[" ~ prior.name ~ "_at]") -}}
{% endmacro %}
