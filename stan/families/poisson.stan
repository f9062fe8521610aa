{# Counts, a cell by its total and its exposure.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] y;  // total of the counts
  vector<lower=0>[C] exposure;  // {{ "sum of exp(offset)" if s.link == "log" else "rows" }}
{% endmacro %}
{% macro model(s, link) %}
  target += dot_product(y, {{ link.log_inverse("eta") }}) - dot_product(exposure, {{ link.inverse("eta") }});
{% endmacro %}
