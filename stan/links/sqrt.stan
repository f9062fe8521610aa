{# The square root link: the parameter is eta^2.
   Contract: macros inverse, the parameter at a vector eta, log_inverse, its logarithm, and log1m_inverse, that of one minus it. #}
{% macro inverse(eta) %}square({{ eta }}){% endmacro %}
{% macro log_inverse(eta) %}log(square({{ eta }})){% endmacro %}
{% macro log1m_inverse(eta) %}log1m(square({{ eta }})){% endmacro %}
