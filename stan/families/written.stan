{# Responses with a density that the user wrote.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}
{{ s.written.text }}
{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
{% for name in ("y",) + s.written.reads %}
  {{ "array[R] int" if name in s.written.integers else "vector[R]" }} {{ name }};
{% endfor %}
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
  vector[C] mu = {{ link.inverse("eta") }};
{% if s.written.loop %}
  for (r in 1:R) {
    target += n[r] * {{ s.written.function }}(y[r] | {{ arguments(s, "[cell[r]]", "[r]") }});
  }
{% else %}
  target += {{ s.written.function }}(y | {{ arguments(s, "[cell]", "") }});
{% endif %}
{% endmacro %}
{# What the user's functions take after the response, parameters and data with such an index each. #}
{% macro arguments(s, cell, row) %}
{% for name, symbol, _ in s.written.parameters %}{{ ", " if not loop.first }}{{ symbol }}{{ cell if name in s.vectors }}{% endfor %}
{% for name in s.written.reads %}, {{ name }}{{ row }}{% endfor %}
{% endmacro %}
{% macro tails(s) %}
  /**
   * Log chances of responses not above y, and above it, of one after the other.
   */
{{ tail(s, "log_below", "lcdf", "lccdf") }}

{{ tail(s, "log_above", "lccdf", "lcdf") }}
{% endmacro %}
{# A tail by the user's function of it, or else by that of the other one. #}
{% macro tail(s, name, own, other) %}
  vector {{ name }}({{ masses.argument("y", s.written) }} y{{ masses.typed(tail_names(s), s.written) }}) {
    vector[size(y)] out;
    for (r in 1:size(y)) {
      out[r] = {{ chance(s, own) if own in s.written.tails else "log1m_exp(fmin(" ~ chance(s, other) ~ ", -1e-300))" }};
    }
    return out;
  }
{% endmacro %}
{% macro chance(s, ending) %}
{{ s.written.stem }}_{{ ending }}(y[r] |
{%- for _, symbol, _ in s.written.parameters %}{{ "," if not loop.first }} {{ symbol }}[r]{% endfor %}
{% for name in s.written.reads %}, {{ name }}[r]{% endfor %})
{%- endmacro %}
{% macro tail_names(s) %}
{% for _, symbol, _ in s.written.parameters %}{{ ", " if not loop.first }}{{ symbol }}{% endfor %}
{% for name in s.written.reads %}, {{ name }}{% endfor %}
{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{% for name, symbol, _ in s.written.parameters %}{{ ", " if not loop.first }}
{{- symbol ~ "[cell_" ~ kind ~ "]" if name in s.vectors else "rep_vector(" ~ symbol ~ ", R_" ~ kind ~ ")" }}{% endfor %}
{% for name in s.written.reads %}, {{ name }}_{{ kind }}{% endfor %}
{% endmacro %}
