{# The cauchit link.
   Contract: macros inverse, the parameter at a vector eta, log_inverse, its logarithm, and log1m_inverse, that of one minus it. #}
{% macro inverse(eta) %}(0.5 + atan({{ eta }}) / pi()){% endmacro %}
{% macro log_inverse(eta) %}log(0.5 + atan({{ eta }}) / pi()){% endmacro %}
{% macro log1m_inverse(eta) %}log(0.5 - atan({{ eta }}) / pi()){% endmacro %}
