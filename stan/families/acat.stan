{# Ordered categories told from their neighbours: of two neighbours the chance of the higher is
   the inverse link of the predictor minus a threshold.
   Contract: macros functions(s), data(s), model(s, link), as families/sratio.stan, whose data it has. #}
{% import "families/sratio.stan" as sratio %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}{{ sratio.data(s) }}{% endmacro %}
{% macro model(s, link) %}
{{ sratio.shifts(s) }}
  // Log odds of each category against the first, and the logarithm of the sum of odds so far
  vector[C] odds = zeros_vector(C);
  vector[C] so_far = zeros_vector(C);
{% if s.items %}
  for (t in 1:M) {
    vector[C] beside = -({{ sratio.away(s) }});
    vector[C] more = {{ of_neighbours(s, link) }};
    target += dot_product(beyond[t], more);
    odds += more;
    so_far += there[t] .* log1p_exp(odds - so_far);
  }
  target += -dot_product(here[1] + beyond[1], so_far);
{% else %}
  for (t in 1:T) {
    vector[C] beside = -({{ sratio.away(s) }});
    target += dot_product(here[t], odds);
    odds += {{ of_neighbours(s, link) }};
    so_far += log1p_exp(odds - so_far);
  }
  target += dot_product(beyond[T], odds) - dot_product(here[1] + beyond[1], so_far);
{% endif %}
{% endmacro %}
{% macro of_neighbours(s, link) %}
{{ "beside" if s.link == "logit" else link.log_inverse("beside") ~ " - (" ~ link.log1m_inverse("beside") ~ ")" }}
{%- endmacro %}
