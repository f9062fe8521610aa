{# The link of angles: the parameter is 2 atan(eta).
   Contract: a macro inverse, the parameter at a vector eta. #}
{% macro inverse(eta) %}2 * atan({{ eta }}){% endmacro %}
