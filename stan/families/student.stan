{# Student t responses about mu with scale sigma and nu degrees of freedom.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "functions/rising.stan" as functions_of %}
{% import "functions/incomplete.stan" as incomplete %}
{% import "fragments/masses.stan" as masses %}
{% macro functions(s) %}{{ functions_of.ascending() if "nu" in s.vectors else functions_of.rising() }}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% if "se" in s.extras %}
  vector<lower=0>[R] se;  // its known sd beside sigma
{% endif %}
{% endmacro %}
{% macro model(s, link) %}
{% set by_row = "se" in s.extras or "sigma" in s.vectors %}
{% set sigma = "sigma[cell]" if "sigma" in s.vectors else "sigma" %}
{% if "se" in s.extras %}
  vector[R] scale = sqrt(square({{ sigma }}) + square(se));
{% set sigma = "scale" %}
{% endif %}
  vector[R] z = (y - {{ link.inverse("eta") }}[cell]) {{ "./" if by_row else "/" }} {{ sigma }};
{% if "nu" in s.vectors %}
  vector[R] df = nu[cell];
  vector[R] half = log(0.5 * df);
  target += dot_product(n, log_ascending(half, rep_vector(0.5, R)) - 0.5 * half - 0.5 * (df + 1) .* log1p(square(z) ./ df));
{% else %}
  target += sum(n) * log_rising(0.5 * nu, [0.5]')[1] - 0.5 * (nu + 1) * dot_product(n, log1p(square(z) / nu));
{% endif %}
  target += -{{ "dot_product(n, log(" ~ sigma ~ "))" if by_row else "sum(n) * log(sigma)" }};
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.beta() }}

  /**
   * Log chances of Student t variables with nu degrees of freedom below z.
   */
  vector log_student(vector z, vector nu) {
    int N = num_elements(z);
    vector[N] share = square(z) ./ nu + 1e-300;  // 0 has no logarithm
    vector[N] far = log_inc_beta(0.5 * nu, rep_vector(0.5, N), -log1p(share), log(share) - log1p(share)) - log(2);
    return log_turned(far, above_zero(z));
  }

  vector log_below(vector y, vector mu, vector sigma, vector nu) {
    return log_student((y - mu) ./ sigma, nu);
  }

  vector log_above(vector y, vector mu, vector sigma, vector nu) {
    return log_student((mu - y) ./ sigma, nu);
  }
{% endmacro %}
{% macro tail_names(s) %}mu, sigma, nu{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{% set sigma = masses.each(s, "sigma", kind) %}
{{ link.inverse("eta[cell_" ~ kind ~ "]") }}, {{ "sqrt(square(" ~ sigma ~ ") + square(se_" ~ kind ~ "))" if "se" in s.extras else sigma }}, {{ masses.each(s, "nu", kind) -}}
{% endmacro %}
