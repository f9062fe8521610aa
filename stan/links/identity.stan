{# The identity link.
   Contract: macros inverse, the parameter at a vector eta, log_inverse, its logarithm, and log1m_inverse, that of one minus it. #}
{% macro inverse(eta) %}{{ eta }}{% endmacro %}
{% macro log_inverse(eta) %}log({{ eta }}){% endmacro %}
{% macro log1m_inverse(eta) %}log1m({{ eta }}){% endmacro %}
