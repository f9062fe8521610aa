{# The identity link.
   Contract: macros inverse, the parameter at a vector eta, and log_inverse, its logarithm. #}
{% macro inverse(eta) %}{{ eta }}{% endmacro %}
{% macro log_inverse(eta) %}log({{ eta }}){% endmacro %}
