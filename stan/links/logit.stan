{# The logit link.
   Contract: a macro inverse, the mean at a vector eta. #}
{% macro inverse(eta) %}inv_logit({{ eta }}){% endmacro %}
