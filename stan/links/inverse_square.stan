{# The link 1/mu^2: the parameter is 1 / sqrt(eta).
   Contract: macros inverse, the parameter at a vector eta, log_inverse, its logarithm, and log1m_inverse, that of one minus it. #}
{% macro inverse(eta) %}inv_sqrt({{ eta }}){% endmacro %}
{% macro log_inverse(eta) %}-0.5 * log({{ eta }}){% endmacro %}
{% macro log1m_inverse(eta) %}log1m(inv_sqrt({{ eta }})){% endmacro %}
