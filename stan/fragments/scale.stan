{# A group term with one coefficient whose effects are integrated out.
   Contract: as fragments/one.stan; model leaves the sd as `T_k`. #}
{% macro functions() %}{% endmacro %}
{% macro data(term) %}{% endmacro %}
{% macro transformed_data(term) %}{% endmacro %}
{% macro parameters(term) %}{% endmacro %}
{% macro model(term, likelihood) %}
  // Group term {{ term.k }}: a = T z
  real T_{{ term.k }} = sd[{{ term.start }}];
{% endmacro %}
