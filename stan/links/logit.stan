{# The logit link.
   Contract: macros inverse, the parameter at a vector eta, and log_inverse, its logarithm. #}
{% macro inverse(eta) %}inv_logit({{ eta }}){% endmacro %}
{% macro log_inverse(eta) %}log_inv_logit({{ eta }}){% endmacro %}
