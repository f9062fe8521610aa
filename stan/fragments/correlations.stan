{# The priors of all correlation matrices, one a correlated term.
   Contract: macros data, model, given the prior in use (`name`, `x`, `file`) and the group terms. #}
{% macro data(prior, terms) %}
{{ prior.file.data(prior.name, terms | map(attribute="parts") | sum(start=[]) | selectattr("several") | list | length) -}}
{% endmacro %}
{% macro model(prior, terms) %}
{% for part in terms | map(attribute="parts") | sum(start=[]) | selectattr("several") | sort(attribute="k") %}
{{ prior.file.model(prior.x ~ "_" ~ part.k, prior.name, "[" ~ loop.index ~ "]") -}}
{% endfor %}
{% endmacro %}
