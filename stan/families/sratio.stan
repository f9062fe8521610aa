{# Ordered categories reached one after the other: of those that reach one, how many stop is the inverse link of a threshold
   minus the predictor.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta`, the thresholds' `steps` from minus its
   intercept, and the parameters that are vectors. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: how many of a cell are in each category but the last, and beyond it; weights make them real
  array[T] vector<lower=0>[C] here;
  array[T] vector<lower=0>[C] beyond;
{% endmacro %}
{% macro model(s, link) %}
{{ shifts(s) }}
  for (t in 1:T) {
    vector[C] away = {{ away(s) }};
    target += dot_product(here[t], {{ link.log_inverse("away") }}) + dot_product(beyond[t], {{ link.log1m_inverse("away") }});
  }
{% endmacro %}
{% macro shifts(s) %}
{% if s.shifts %}
  // Category specific effects: what each threshold is moved down by
  array[T] vector[C] shift = { {{- s.shifts | join(", ") -}} };
{% endif %}
{% endmacro %}
{% macro away(s) %}{{ "disc .* " if "disc" in s.vectors }}(steps[t] - eta{{ " - shift[t]" if s.shifts }}){% endmacro %}
