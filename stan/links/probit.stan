{# The probit link.
   Contract: macros inverse, the parameter at a vector eta, and log_inverse, its logarithm. #}
{% macro inverse(eta) %}Phi({{ eta }}){% endmacro %}
{% macro log_inverse(eta) %}log(Phi({{ eta }})){% endmacro %}
