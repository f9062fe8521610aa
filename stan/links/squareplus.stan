{# The squareplus link: the parameter is (eta + sqrt(eta^2 + 4)) / 2, the exponential of asinh(eta / 2).
   Contract: macros inverse, the parameter at a vector eta, log_inverse, its logarithm, and log1m_inverse, that of one minus it. #}
{% macro inverse(eta) %}exp(asinh(0.5 * ({{ eta }}))){% endmacro %}
{% macro log_inverse(eta) %}asinh(0.5 * ({{ eta }})){% endmacro %}
{% macro log1m_inverse(eta) %}log1m(exp(asinh(0.5 * ({{ eta }})))){% endmacro %}
