{# The cloglog link.
   Contract: macros inverse, the parameter at a vector eta, and log_inverse, its logarithm. #}
{% macro inverse(eta) %}inv_cloglog({{ eta }}){% endmacro %}
{% macro log_inverse(eta) %}log1m_exp(-exp({{ eta }})){% endmacro %}
