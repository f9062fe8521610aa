{# Ordered categories reached one after the other: of those that reach one, how many go on is the inverse link of the
   predictor minus a threshold.
   Contract: macros functions(s), data(s), model(s, link), as families/sratio.stan, whose data it has. #}
{% import "families/sratio.stan" as sratio %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}{{ sratio.data(s) }}{% endmacro %}
{% macro model(s, link) %}
{{ sratio.shifts(s) }}
  for (t in 1:{{ "M" if s.items else "T" }}) {
    vector[C] beside = -({{ sratio.away(s) }});
    target += {{ sratio.shares(link, "beyond[t]", "here[t]", "beside") }};
  }
{% endmacro %}
