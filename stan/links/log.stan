{# The log link.
   Contract: macros inverse, the parameter at a vector eta, and log_inverse, its logarithm. #}
{% macro inverse(eta) %}exp({{ eta }}){% endmacro %}
{% macro log_inverse(eta) %}{{ eta }}{% endmacro %}
