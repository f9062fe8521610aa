{# The chance of a mixture, one number or a cell each.
   Contract: macros logs(s, dpar), which leaves log_<dpar> and log1m_<dpar>, total(s, dpar, count, log), and
   each(s, dpar, kind), both in the places of a kind of chance, as vectors. #}
{% macro logs(s, dpar) %}
{% if dpar in s.vectors %}
{% set name = link_of(s, dpar) %}
{% import "links/" ~ name ~ ".stan" as link %}
  vector[C] log_{{ dpar }} = {{ link.log_inverse("eta_" ~ dpar) }};
  vector[C] log1m_{{ dpar }} = {{ "log_" ~ dpar ~ " - eta_" ~ dpar if name == "logit" else link.log1m_inverse("eta_" ~ dpar) }};
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
{# The logit of a chance in some cells. #}
{% macro logit(s, dpar, at) %}
{{ "(log_" ~ dpar ~ " - log1m_" ~ dpar ~ ")" if dpar not in s.vectors else "eta_" ~ dpar ~ at if link_of(s, dpar) == "logit" else "(log_" ~ dpar ~ at ~ " - log1m_" ~ dpar ~ at ~ ")" }}
{%- endmacro %}
{% macro link_of(s, dpar) %}{% for one in s.others if one.dpar == dpar %}{{ one.link }}{% endfor %}{% endmacro %}
