{# One argument of a prior: a vector of the given size, or a real where the size is empty.
   Contract: a macro for each range that an argument can have. #}
{% macro real(name, size) %}
  {{ "vector[" ~ size ~ "]" if size else "real" }} {{ name }};
{% endmacro %}
{% macro positive(name, size) %}
  {{ "vector<lower=0>[" ~ size ~ "]" if size else "real<lower=0>" }} {{ name }};
{% endmacro %}
