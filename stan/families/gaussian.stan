{# Normal observations; where one sd serves all, in rows whose squares around eta, with those of `ss`, are theirs.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors.
   data_of_cells() and model_of_cells(s, link) are the same of cells with squares of their own, whatever sigma is. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
{% if "sigma" in s.vectors %}
{{ data_of_cells() -}}
{% else %}
  // Response: rows are already times the square roots of their weights, less the offset
  real<lower=0> N;  // observations; weights that are exponents make it real
  vector[C] y;
  real<lower=0> ss;  // squares that are the same whatever eta is
{% endif %}
{% endmacro %}
{% macro model(s, link) %}
{% if "sigma" in s.vectors %}
{{ model_of_cells(s, link) -}}
{% else %}
  target += -N * log(sigma) - 0.5 * (ss + dot_self(y - {{ link.inverse("eta") }})) / square(sigma);
{% endif %}
{% endmacro %}
{% macro data_of_cells() %}
  // Response: of each cell, less the offset
  vector<lower=0>[C] N;  // observations
  vector<lower=0>[C] n;  // sum of their weights; a precision is a weight over sigma^2
  vector[C] y;  // weighted mean
  vector<lower=0>[C] ss;  // weighted squares around it
{% endmacro %}
{% macro model_of_cells(s, link) %}
{% if "sigma" in s.vectors %}
  target += -dot_product(N, log(sigma)) - 0.5 * sum((ss + n .* square(y - {{ link.inverse("eta") }})) ./ square(sigma));
{% else %}
  target += -sum(N) * log(sigma) - 0.5 * sum(ss + n .* square(y - {{ link.inverse("eta") }})) / square(sigma);
{% endif %}
{% endmacro %}
