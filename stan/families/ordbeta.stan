{# Shares from 0 to 1 that are 0, between or 1 as ordered categories are, and beta between.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "families/beta.stan" as beta %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: zeros, ones and the others of a cell, how many; weights make them real
  vector<lower=0>[C] zeros;
  vector<lower=0>[C] ones;
  vector<lower=0>[C] others;

  // The others
{{ beta.data(s) -}}
{% endmacro %}
{% macro model(s, link) %}
{{ beta.model(s, link) }}
  // Above 0 where logistic noise is below the first of these, 1 where it is below the second
  {{ "vector[C]" if "cutone" in s.vectors else "real" }} gap = exp(cutone);
  vector[C] to_zero = eta - cutzero;
  vector[C] to_one = to_zero - gap;
  target += dot_product(zeros, log1m_inv_logit(to_zero)) + dot_product(ones, log_inv_logit(to_one));
  target += dot_product(others, log_inv_logit(to_zero) + log1m_inv_logit(to_one));
  target += {{ "dot_product(others, log1m_exp(-gap))" if "cutone" in s.vectors else "sum(others) * log1m_exp(-gap)" }};
{% endmacro %}
