{# Positive responses with mean mu and variance mu^3 / shape, a cell by its number, mean and what that leaves.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: of the rows of a cell; weights make them real
  vector<lower=0>[C] n;
  vector<lower=0>[C] y;  // mean
  vector<lower=0>[C] ss;  // sum of (y / mean - 1)^2 / y
{% endmacro %}
{% macro model(s, link) %}
  vector[C] off = y .* exp(-({{ link.log_inverse("eta") }})) - 1;
  vector[C] deviance = ss + n .* square(off) ./ y;
{% if "shape" in s.vectors %}
  target += 0.5 * dot_product(n, log(shape)) - 0.5 * dot_product(shape, deviance);
{% else %}
  target += 0.5 * sum(n) * log(shape) - 0.5 * shape * sum(deviance);
{% endif %}
{% endmacro %}
