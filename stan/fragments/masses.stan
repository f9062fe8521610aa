{# Chances that a likelihood has beside densities: of where censored responses lie, and, less than none of them, of being
   seen under truncation. A kind of chance each: of lying below a number, above one, between two.
   Contract: macros functions, data, model, given the Structure `s` and a family's file, which has macros tails(s), for the
   functions block: log_below(y, ...) and log_above(y, ...); tail_names(s), what these read beside y; and
   tail_arguments(s, link, kind), the same of a kind, all of them vectors. #}
{% macro functions(s, family) %}
{{ family.tails(s) }}
{% if "between" in s.masses %}
{% set names = family.tail_names(s) %}

  /**
   * The log chance of lying above `low` and not above `high`, by whichever tail is nearer.
   *
   * @return log(F(high) - F(low))
   */
  vector log_between(vector low, vector high, vector {{ names | replace(", ", ", vector ") }}) {
    int N = num_elements(low);
    vector[N] below = log_below(high, {{ names }});
    vector[N] out = log_below(low, {{ names }});
    vector[N] above = log_above(low, {{ names }});
    vector[N] beyond = log_above(high, {{ names }});
    for (i in 1:N) {
      out[i] = below[i] < log(0.5) ? log_diff_exp(below[i], out[i]) : log_diff_exp(above[i], beyond[i]);
    }
    return out;
  }
{% endif %}
{% endmacro %}
{% macro data(s) %}
{% for kind in s.masses %}
  // Chances of lying {{ kind }}
  int<lower=0> R_{{ kind }};
  array[R_{{ kind }}] int<lower=1, upper=C> cell_{{ kind }};
{% for end in ends(kind).split() %}
  vector[R_{{ kind }}] {{ end }}_{{ kind }};
{% endfor %}
  vector[R_{{ kind }}] n_{{ kind }};  // how often; less than 0 where it is that of being seen
{% for extra in s.extras %}
  vector<lower=0>[R_{{ kind }}] {{ extra }}_{{ kind }};
{% endfor %}

{% endfor %}
{% endmacro %}
{% macro model(s, family, link) %}
{% for kind in s.masses %}
  target += dot_product(n_{{ kind }}, log_{{ kind }}({% for end in ends(kind).split() %}{{ end }}_{{ kind }}, {% endfor %}{{ family.tail_arguments(s, link, kind) }}));
{% endfor %}
{% endmacro %}
{# A parameter of the family in the places of a kind, as a vector. #}
{% macro each(s, name, kind) %}{{ name ~ "[cell_" ~ kind ~ "]" if name in s.vectors else "rep_vector(" ~ name ~ ", R_" ~ kind ~ ")" }}{% endmacro %}
{% macro ends(kind) %}{{ {"below": "high", "above": "low", "between": "low high"}[kind] }}{% endmacro %}
