{# The linear predictor, and the data of the rows that it reads.
   Contract: macros data, model, given the Structure `s` and the records of group terms; model reads `beta` and the
   effects `a_k` of terms, and leaves `eta`. #}
{% macro data(s, terms) %}
  int<lower=0> C;  // rows of the likelihood: cells, or fewer
{% if s.fixed %}
  int<lower=0> P_x;  // fixed columns that no group term has absorbed{{ ", the intercept counting first" if s.intercept }}
  array[P_x] int<lower=1> x_at;  // their places
  matrix[C, P_x] X;
{% endif %}
{% if s.offset %}
  vector[C] offsets;
{% endif %}
{% for term in terms | rejectattr("inner") | rejectattr("joint") %}
  array[C] int<lower=1, upper=J_{{ term.k }}> g_{{ term.k }};  // level of each row
{% if not term.ones %}
  {{ "matrix[C, K_" ~ term.k ~ "]" if term.several else "vector[C]" }} Z_{{ term.k }};
{% endif %}
{% endfor %}
{% if s.joint %}
  int<lower=1> J_joint;  // combinations of levels that occur
  array[C] int<lower=1, upper=J_joint> g_joint;  // that of each row
{% for term in terms | selectattr("joint") %}
  array[J_joint] int<lower=1, upper=J_{{ term.k }}> g_{{ term.k }};  // level of each combination
{% endfor %}
{% endif %}
{% endmacro %}
{% macro model(s, terms) %}
  // Linear predictor
{% if s.joint %}
{% set joint = terms | selectattr("joint") | map(attribute="k") | list %}
  vector[J_joint] a_joint = {% for k in joint %}{{ " + " if not loop.first }}a_{{ k }}[g_{{ k }}]{% endfor %};
{% endif %}
{% set sum = namespace(parts=(["offsets"] if s.offset else []) + (["X * beta[x_at]"] if s.fixed else [])) %}
{% for term in terms | rejectattr("inner") | rejectattr("joint") %}
{% set sum.parts = sum.parts + [part(term)] %}
{% endfor %}
  vector[C] eta = {{ (sum.parts + (["a_joint[g_joint]"] if s.joint else [])) | join("\n    + ") }};
{% endmacro %}
{% macro part(term) %}
{% set a = "a_" ~ term.k ~ "[g_" ~ term.k ~ "]" %}
{{ a if term.ones else "rows_dot_product(Z_" ~ term.k ~ ", " ~ a ~ ")" if term.several else "Z_" ~ term.k ~ " .* " ~ a -}}
{% endmacro %}
