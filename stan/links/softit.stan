{# The softit link: the odds are log(1 + exp(eta)).
   Contract: macros inverse, the parameter at a vector eta, log_inverse, its logarithm, and log1m_inverse, that of one minus it. #}
{% macro inverse(eta) %}inv(1 + inv(log1p_exp({{ eta }}))){% endmacro %}
{% macro log_inverse(eta) %}log(log1p_exp({{ eta }})) - log1p(log1p_exp({{ eta }})){% endmacro %}
{% macro log1m_inverse(eta) %}-log1p(log1p_exp({{ eta }})){% endmacro %}
