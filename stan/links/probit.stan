{# The probit link.
   Contract: a macro inverse, the mean at a vector eta. #}
{% macro inverse(eta) %}Phi({{ eta }}){% endmacro %}
