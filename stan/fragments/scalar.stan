{# The prior of one scalar parameter.
   Contract: macros data, model, given the prior in use (`name`, `x`, `file`) and the group terms. #}
{% macro data(prior, terms) %}
{{ prior.file.data(prior.name, "") -}}
{% endmacro %}
{% macro model(prior, terms) %}
{{ prior.file.model(prior.x, prior.name, "") -}}
{% endmacro %}
