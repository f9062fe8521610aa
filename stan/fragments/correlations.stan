{# The priors of all correlation matrices, one a correlated term.
   Contract: macros data, model, given the prior in use (`name`, `x`, `file`) and the group terms. #}
{% macro data(prior, terms) %}
{{ prior.file.data(prior.name, terms | selectattr("several") | list | length) -}}
{% endmacro %}
{% macro model(prior, terms) %}
{% for term in terms | selectattr("several") %}
{{ prior.file.model(prior.x ~ "_" ~ term.k, prior.name, "[" ~ loop.index ~ "]") -}}
{% endfor %}
{% endmacro %}
