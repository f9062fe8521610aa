{# Categories in no order: `eta`, `eta_mu2`, ... are the log odds of all but one of them against that one.
   Contract: macros functions(s), data(s), model(s, link); model reads the predictors. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: how many of a cell are of a category; weights make them real
  array[{{ s.locations }}] vector<lower=0>[C] often;  // of each with a predictor
  vector<lower=0>[C] n;  // of all
{% endmacro %}
{% macro model(s, link) %}
{% set etas = ["eta"] + s.vectors[1:s.locations] | map("replace", "mu", "eta_mu") | list %}
{% for eta in etas %}
  target += dot_product(often[{{ loop.index }}], {{ eta }});
{% endfor %}
{% if etas | length > 1 %}
  target += -dot_product(n, log1p({{ "exp(" ~ etas | join(") + exp(") ~ ")" }}));
{% else %}
  target += -dot_product(n, log1p_exp(eta));
{% endif %}
{% endmacro %}
