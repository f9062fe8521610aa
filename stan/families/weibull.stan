{# Positive responses with mean mu and a hazard that goes as y^(shape - 1).
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector<lower=0>[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
  vector[R] log_scale = ({{ link.log_inverse("eta") }}{{ " - lgamma(1 + inv(shape))" }})[cell];
{% if "shape" in s.vectors %}
  vector[R] k = shape[cell];
  vector[R] z = k .* (log(y) - log_scale);
  target += dot_product(n, log(k) + z - exp(z));
{% else %}
  vector[R] z = shape * (log(y) - log_scale);
  target += sum(n) * log(shape) + dot_product(n, z - exp(z));
{% endif %}
{% endmacro %}
