{# Angles about mu with concentration kappa, a cell by the sums of their cosines and sines.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] n;
  vector[C] cos_y;
  vector[C] sin_y;
{% endmacro %}
{% macro model(s, link) %}
  vector[C] mu = {{ link.inverse("eta") }};
{% if "kappa" in s.vectors %}
  target += dot_product(kappa, cos_y .* cos(mu) + sin_y .* sin(mu));
  for (c in 1:C) {
    target += -n[c] * log_modified_bessel_first_kind(0, kappa[c]);
  }
{% else %}
  target += kappa * (dot_product(cos_y, cos(mu)) + dot_product(sin_y, sin(mu)));
  target += -sum(n) * log_modified_bessel_first_kind(0, kappa);
{% endif %}
{% endmacro %}
