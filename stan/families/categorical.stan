{# Categories in no order: `eta`, `eta_mu2`, ... are the log odds of all but one of them against that one.
   Contract: macros functions(s), data(s), model(s, link); model reads the predictors. predictors(s) names them. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: how many of a cell are of a category; weights make them real
  array[{{ s.locations }}] vector<lower=0>[C] often;  // of each with a predictor
  vector<lower=0>[C] n;  // of all
{% endmacro %}
{% macro predictors(s) %}eta{% for name in s.vectors[1:s.locations] %} eta_{{ name }}{% endfor %}{% endmacro %}
{% macro model(s, link) %}
{% set etas = predictors(s).split() %}
{% for eta in etas %}
  target += dot_product(often[{{ loop.index }}], {{ eta }});
{% endfor %}
{% if etas | length > 1 %}
  target += -dot_product(n, log1p({{ "exp(" ~ etas | join(") + exp(") ~ ")" }}));
{% else %}
  target += -dot_product(n, log1p_exp(eta));
{% endif %}
{% endmacro %}
