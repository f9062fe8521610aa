{# Angles about mu with concentration kappa, a cell by the sums of their cosines and sines.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "functions/arc.stan" as arc %}
{% import "fragments/masses.stan" as masses %}
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
{% macro tails(s) %}
{{ arc.arc() }}

  /**
   * The log chance of an angle between two.
   */
  vector log_turn(vector low, vector high, vector mu, vector kappa) {
    vector[num_elements(mu)] about = mu - 2 * pi() * floor(mu / (2 * pi()) + 0.5);
    return log_arc(low - about, high - about, kappa) - log(2 * pi()) + kappa - log_modified_bessel_first_kind(0, kappa);
  }

  /**
   * Log chances of a response below y, from -pi, and above it, to pi.
   */
  vector log_below(vector y, vector mu, vector kappa) {
    return log_turn(rep_vector(-pi(), num_elements(y)), y, mu, kappa);
  }

  vector log_above(vector y, vector mu, vector kappa) {
    return log_turn(y, rep_vector(pi(), num_elements(y)), mu, kappa);
  }
{% endmacro %}
{% macro tail_names(s) %}mu, kappa{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.inverse("eta[cell_" ~ kind ~ "]") }}, {{ masses.each(s, "kappa", kind) -}}
{% endmacro %}
