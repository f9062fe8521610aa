{# The linear predictors, and the data of the rows that they read.
   Contract: macros data, model, given the Structure `s`, the records of group terms and those of predictors; model reads
   `beta` and the effects `a_k` of terms, and leaves `eta`, those of further locations, `eta_mu2`, and of any other
   parameter that has a predictor, by its name, the values in all rows. #}
{% macro data(s, terms, predictors) %}
  int<lower=0> C;  // rows of the likelihood: cells, or fewer
{% for p in predictors %}
{% if p.fixed %}
  int<lower=0> P_x{{ p.suffix }};  // fixed columns{{ p.of }} that no group term has absorbed{{ ", the intercept counting first" if p.intercept }}
  array[P_x{{ p.suffix }}] int<lower=1> x_at{{ p.suffix }};  // their places
  matrix[C, P_x{{ p.suffix }}] X{{ p.suffix }};
{% endif %}
{% if p.offset %}
  vector[C] offsets{{ p.suffix }};
{% endif %}
{% endfor %}
{% for term in terms | rejectattr("inner") | rejectattr("joint") %}
  array[C] int<lower=1, upper=J_{{ term.k }}> g_{{ term.k }};  // level of each row
{% for entry in term.entries %}
{% if entry.from %}
{% if entry.several %}
  int<lower=2> {{ entry.size }};  // coefficients of term {{ term.k }} in the predictor of {{ entry.dpar }}
{% endif %}
  {{ "matrix[K_" ~ term.k ~ ", " ~ entry.size ~ "]" if entry.several else "vector[K_" ~ term.k ~ "]" }} {{ entry.from }};  // the effects on {{ entry.dpar }}, of those in the basis
{% endif %}
{% if not entry.ones %}
  {{ "matrix[C, " ~ entry.size ~ "]" if entry.several else "vector[C]" }} {{ entry.z }};
{% endif %}
{% endfor %}
{% endfor %}
{% if s.joint %}
  int<lower=1> J_joint;  // combinations of levels that occur
  array[C] int<lower=1, upper=J_joint> g_joint;  // that of each row
{% for term in terms | selectattr("joint") %}
  array[J_joint] int<lower=1, upper=J_{{ term.k }}> g_{{ term.k }};  // level of each combination
{% endfor %}
{% endif %}
{% endmacro %}
{% macro model(s, terms, predictors) %}
  // Linear predictor{{ "s" if predictors | length > 1 }}
{% for term in terms | selectattr("rotated") %}
  vector[J_{{ term.k }}] e_{{ term.k }} = a_{{ term.k }} + B_{{ term.k }} * beta[B_at_{{ term.k }}];
{% endfor %}
{% if s.joint %}
  vector[J_joint] a_joint = {% for term in terms | selectattr("joint") %}{{ " + " if not loop.first }}{{ effects(term) }}[g_{{ term.k }}]{% endfor %};
{% endif %}
{% for p in predictors %}
{% set fixed = (["offsets" ~ p.suffix] if p.offset else []) + (["X" ~ p.suffix ~ " * beta[x_at" ~ p.suffix ~ "]"] if p.fixed else []) %}
{% set sum = namespace(parts=fixed) %}
{% for term in terms | rejectattr("inner") | rejectattr("joint") %}
{% for entry in term.entries | selectattr("dpar", "equalto", p.dpar) %}
{% set sum.parts = sum.parts + [part(term, entry)] %}
{% endfor %}
{% endfor %}
{% set sum.parts = sum.parts + (["a_joint[g_joint]"] if s.joint and loop.first else []) %}
  vector[C] eta{{ p.suffix }} = {{ sum.parts | join("\n    + ") if sum.parts else "zeros_vector(C)" }};
{% if p.natural %}
  vector[C] {{ p.natural }} = {{ p.link.inverse("eta" ~ p.suffix) }};
{% endif %}
{% endfor %}
{% endmacro %}
{% macro effects(term) %}{{ "e_" if term.rotated else "a_" }}{{ term.k }}{% endmacro %}
{% macro part(term, entry) %}
{% set a = ("(" ~ effects(term) ~ " * " ~ entry.from ~ ")" if entry.from else effects(term)) ~ "[g_" ~ term.k ~ "]" %}
{{ a if entry.ones else "rows_dot_product(" ~ entry.z ~ ", " ~ a ~ ")" if entry.several else entry.z ~ " .* " ~ a -}}
{% endmacro %}
