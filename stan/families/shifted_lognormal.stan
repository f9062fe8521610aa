{# Responses that are lognormal above ndt, the time before anything can happen.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "functions/incomplete.stan" as incomplete %}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
  vector[R] log_y = log(y - {{ "ndt[cell]" if "ndt" in s.vectors else "ndt" }});
  vector[R] z = (log_y - {{ link.inverse("eta") }}[cell]) {{ "./ sigma[cell]" if "sigma" in s.vectors else "/ sigma" }};
  target += -dot_product(n, log_y + 0.5 * square(z));
  target += -{{ "dot_product(n, log(sigma[cell]))" if "sigma" in s.vectors else "sum(n) * log(sigma)" }};
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.normal() }}

  /**
   * Log chances of a response below y, and above it; what is not above ndt has next to none.
   */
  vector log_below(vector y, vector mu, vector sigma, vector ndt) {
    return log_Phi((log(fmax(y - ndt, 1e-300)) - mu) ./ sigma);
  }

  vector log_above(vector y, vector mu, vector sigma, vector ndt) {
    return log_Phi((mu - log(fmax(y - ndt, 1e-300))) ./ sigma);
  }
{% endmacro %}
{% macro tail_names(s) %}mu, sigma, ndt{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.inverse("eta[cell_" ~ kind ~ "]") }}, {{ masses.each(s, "sigma", kind) }}, {{ masses.each(s, "ndt", kind) -}}
{% endmacro %}
