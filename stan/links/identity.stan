{# The identity link.
   Contract: a macro inverse, the mean at a vector eta. #}
{% macro inverse(eta) %}{{ eta }}{% endmacro %}
