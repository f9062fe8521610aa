{# The chance of a mixture, one number or a cell each with a logit link.
   Contract: macros logs(s, dpar), which leaves log_<dpar> and log1m_<dpar>, total(s, dpar, count, log), and
   each(s, dpar, kind), both in the places of a kind of chance, as vectors. #}
{% import "links/logit.stan" as logit %}
{% macro logs(s, dpar) %}
{% if dpar in s.vectors %}
  vector[C] log_{{ dpar }} = {{ logit.log_inverse("eta_" ~ dpar) }};
  vector[C] log1m_{{ dpar }} = log_{{ dpar }} - eta_{{ dpar }};
{% else %}
  real log_{{ dpar }} = log({{ dpar }});
  real log1m_{{ dpar }} = log1m({{ dpar }});
{% endif %}
{% endmacro %}
{% macro total(s, dpar, count, log) %}
{{ "dot_product(" ~ count ~ ", " ~ log ~ ")" if dpar in s.vectors else "sum(" ~ count ~ ") * " ~ log }}
{%- endmacro %}
{% macro each(s, dpar, kind) %}
{% for log in ("log_" ~ dpar, "log1m_" ~ dpar) %}
{{ (log ~ "[cell_" ~ kind ~ "]" if dpar in s.vectors else "rep_vector(" ~ log ~ ", R_" ~ kind ~ ")") ~ (", " if not loop.last) -}}
{% endfor %}
{% endmacro %}
