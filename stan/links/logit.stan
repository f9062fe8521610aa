{# The logit link.
   Contract: macros inverse, the parameter at a vector eta, log_inverse, its logarithm, and log1m_inverse, that of one minus it;
   shares, the sum of these two logarithms times vectors of counts, is there where both have a part in common. #}
{% macro inverse(eta) %}inv_logit({{ eta }}){% endmacro %}
{% macro log_inverse(eta) %}log_inv_logit({{ eta }}){% endmacro %}
{% macro log1m_inverse(eta) %}log_inv_logit(-({{ eta }})){% endmacro %}
{% macro shares(yes, no, eta) %}dot_product({{ yes }}, {{ eta }}) - dot_product({{ yes }} + {{ no }}, log1p_exp({{ eta }})){% endmacro %}
