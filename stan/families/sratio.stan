{# Ordered categories reached one after the other: of those that reach one, how many stop is the inverse link of a threshold
   minus the predictor.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`, the thresholds' `steps` from minus its
   intercept, and the parameters that are vectors. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
{% if s.items %}
  // Response: how many of a cell are in each category with a threshold above it, and beyond that; weights make them real
  int<lower=1> M;  // the most thresholds that an item has
  array[M] vector<lower=0>[C] here;
  array[M] vector<lower=0>[C] beyond;
  array[M, C] int<lower=1, upper=T> at;  // the place of each threshold of a cell; any where there is none
  array[M] vector<lower=0, upper=1>[C] there;  // whether there is one
{% else %}
  // Response: how many of a cell are in each category but the last, and beyond it; weights make them real
  array[T] vector<lower=0>[C] here;
  array[T] vector<lower=0>[C] beyond;
{% endif %}
{% endmacro %}
{% macro model(s, link) %}
{{ shifts(s) }}
  for (t in 1:{{ "M" if s.items else "T" }}) {
    vector[C] away = {{ away(s) }};
    target += {{ shares(link, "here[t]", "beyond[t]", "away") }};
  }
{% endmacro %}
{% macro shares(link, yes, no, eta) -%}
{% if link.shares is defined -%}
{{ link.shares(yes, no, eta) }}
{%- else -%}
dot_product({{ yes }}, {{ link.log_inverse(eta) }}) + dot_product({{ no }}, {{ link.log1m_inverse(eta) }})
{%- endif %}
{%- endmacro %}
{% macro shifts(s) %}
{% if s.shifts %}
  // Category specific effects: what each threshold is moved down by
  array[{{ "M" if s.items else "T" }}] vector[C] shift = { {{- s.shifts | join(", ") -}} };
{% endif %}
{% endmacro %}
{% macro away(s) %}{{ "disc .* " if "disc" in s.vectors }}(steps[{{ "at[t]" if s.items else "t" }}] - eta{{ " - shift[t]" if s.shifts }}){% endmacro %}
