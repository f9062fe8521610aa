{# Responses with a density that the user wrote.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% macro functions(s) %}
{{ s.written.text }}
{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  {{ "array[R] int" if s.written.whole else "vector[R]" }} y;
{% for name in s.written.reads %}
  {{ "array[R] int" if s.written.whole else "vector[R]" }} {{ name }};
{% endfor %}
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
  vector[C] mu = {{ link.inverse("eta") }};
  for (r in 1:R) {
    target += n[r] * {{ s.written.function }}(y[r] | {{ arguments(s) }});
  }
{% endmacro %}
{% macro arguments(s) %}
{% set found = namespace(all=[]) %}
{% for name, symbol, _ in s.written.parameters %}
{% set found.all = found.all + [symbol ~ ("[cell[r]]" if name in s.vectors else "")] %}
{% endfor %}
{% for name in s.written.reads %}
{% set found.all = found.all + [name ~ "[r]"] %}
{% endfor %}
{{ found.all | join(", ") -}}
{% endmacro %}
