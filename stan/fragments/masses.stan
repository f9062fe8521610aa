{# Chances that a likelihood has beside densities: of where censored responses lie, and, less than none of them, of being
   seen under truncation. A kind of chance each: of lying below a number, above one, between two.
   Contract: macros functions, data, model, given the Structure `s` and a family's file, which has macros tails(s), for the
   functions block: log_below(y, ...) and log_above(y, ...); tail_names(s), what these read beside y; and
   tail_arguments(s, link, kind), the same of a kind, all of them vectors. #}
{% import "functions/incomplete.stan" as incomplete %}
{% macro functions(s, family) %}
{% set own = family.tails(s) %}
{% if "between" in s.masses or "log_turned" in own or "above_zero" in own %}
{{ incomplete.turned() }}
{% endif %}
{{ own }}
{% if "between" in s.masses %}
{% set names = family.tail_names(s) %}
{% set number = argument("y", s.written) %}

  /**
   * The log chance of lying above `low` and not above `high`, by whichever tail is nearer.
   *
   * @return log(F(high) - F(low))
   */
  vector log_between({{ number }} low, {{ number }} high{{ typed(names, s.written) }}) {
    int N = num_elements(low);
    vector[N] below = log_below(high, {{ names }});
    vector[N] above = log_above(low, {{ names }});
    vector[N] to_low = fmax(log_below(low, {{ names }}), -1e300);  // beyond all responses: no number times 0
    vector[N] to_high = fmax(log_above(high, {{ names }}), -1e300);
    vector[N] turn = above_zero(below - log(0.5));
    vector[N] first = (1 - turn) .* below + turn .* above;
    vector[N] second = (1 - turn) .* to_low + turn .* to_high;
    return first + log1m_exp(fmin(second - first, -1e-300));
  }
{% endif %}
{% endmacro %}
{% macro data(s) %}
{% for kind in s.masses %}
  // Chances of lying {{ kind }}
  int<lower=0> R_{{ kind }};
  array[R_{{ kind }}] int<lower=1, upper=C> cell_{{ kind }};
{% for end in ends(kind).split() %}
  {{ column(s, "y", kind) }} {{ end }}_{{ kind }};
{% endfor %}
  vector[R_{{ kind }}] n_{{ kind }};  // how often; less than 0 where it is that of being seen
{% for extra in s.extras %}
  {{ column(s, extra, kind) }} {{ extra }}_{{ kind }};
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
{# The type of what each response of a kind has: of its ends, called y, or beside it. #}
{% macro column(s, name, kind) %}
{% if s.written and name in s.written.integers %}array[R_{{ kind }}] int{% else %}vector{{ "<lower=0>" if name != "y" and not s.written }}[R_{{ kind }}]{% endif %}
{% endmacro %}
{# What log_below and log_above read beside a number, as their types and names; some are data. #}
{% macro typed(names, written=none) %}{% for name in names.split(", ") %}, {{ argument(name, written) }} {{ name }}{% endfor %}{% endmacro %}
{% macro argument(name, written) %}
{% set known = ("y",) + written.reads if written else ("y", "trials") %}
{{ "data " if name in known }}{{ "array[] int" if written and name in written.integers else "vector" -}}
{% endmacro %}
