{# The logm1 link, of parameters above one.
   Contract: macros inverse, the parameter at a vector eta, and log_inverse, its logarithm. #}
{% macro inverse(eta) %}1 + exp({{ eta }}){% endmacro %}
{% macro log_inverse(eta) %}log1p_exp({{ eta }}){% endmacro %}
