{# The inverse link: the parameter is 1 / eta.
   Contract: macros inverse, the parameter at a vector eta, log_inverse, its logarithm, and log1m_inverse, that of one minus it. #}
{% macro inverse(eta) %}inv({{ eta }}){% endmacro %}
{% macro log_inverse(eta) %}-log({{ eta }}){% endmacro %}
{% macro log1m_inverse(eta) %}log1m(inv({{ eta }})){% endmacro %}
