{# The log link.
   Contract: a macro inverse, the mean at a vector eta. #}
{% macro inverse(eta) %}exp({{ eta }}){% endmacro %}
