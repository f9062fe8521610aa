{# Skew normal responses with mean mu, sd sigma and skewness by alpha.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors. #}
{% import "functions/normal.stan" as normal %}
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
{% set a = "alpha[cell]" if "alpha" in s.vectors else "alpha" %}
{% set sigma = "sigma[cell]" if "sigma" in s.vectors else "sigma" %}
{% set number = "vector[R]" if "alpha" in s.vectors else "real" %}
  // delta, the mean of a standard skew normal and its sd; then scores about its location
  {{ number }} delta = {{ a }} {{ "./" if "alpha" in s.vectors else "/" }} sqrt(1 + square({{ a }}));
  {{ number }} center = delta * sqrt(2 / pi());
  {{ number }} spread = sqrt(1 - square(center));
  vector[R] z = center + spread {{ ".*" if "alpha" in s.vectors else "*" }} ((y - {{ link.inverse("eta") }}[cell]) {{ "./" if "sigma" in s.vectors else "/" }} {{ sigma }});
  target += -0.5 * dot_product(n, square(z));
{{ normal.add_log_normal("n", a ~ (" .* z" if "alpha" in s.vectors else " * z")) -}}
  target += {{ "dot_product(n, log(spread))" if "alpha" in s.vectors else "sum(n) * log(spread)" }};
  target += -{{ "dot_product(n, log(sigma[cell]))" if "sigma" in s.vectors else "sum(n) * log(sigma)" }};
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.normal() }}

  /**
   * The logarithm of Phi(-h) - 2 T(h, a), of h and a 0 or more, T being Owen's: the integral from a on of
   * exp(-h^2 (1 + x^2) / 2) / (pi (1 + x^2)). With x = sinh it has an exponential tail, and the rule of log_gamma_end in
   * stan/functions/incomplete.stan, in steps of a third: next to h = 0 the integrand falls no faster than 1 / cosh.
   */
  vector log_wedge(vector h, vector a) {
    int N = num_elements(h);
    vector[N] hh = square(h);
    vector[N] aa = square(a);
    vector[N] c = sqrt(1 + aa);
    vector[N] slope = hh .* a .* c + a ./ c + sqrt(hh .* (1 + 2 * aa) + inv(1 + aa));
    vector[N] total = zeros_vector(N);
    for (k in 0:192) {
      real v = (k - 81) / 24.0;
      real t = exp(v - exp(-v));
      vector[N] s = sinh(t * inv(slope));
      vector[N] c_s = cosh(t * inv(slope));
      total += t * (1 + exp(-v)) / 24 * exp(-0.5 * hh .* (2 * a .* c .* c_s + (1 + 2 * aa) .* s) .* s) ./ (c .* c_s + a .* s);
    }
    return log(total) - log(slope) - log(pi()) - 0.5 * hh .* (1 + aa);
  }

  /**
   * The log chance of a skew normal variable with location 0 and scale 1 below z, by the nearer tail.
   */
  vector log_skew_normal(vector z, vector alpha) {
    int N = num_elements(z);
    vector[N] turn = above_zero(z);
    vector[N] a = (1 - 2 * turn) .* alpha;
    vector[N] wedge = log_wedge(abs(z), abs(a));
    vector[N] half = log(2) + log_Phi(-abs(z));
    vector[N] rest = half + log1m_exp(fmin(wedge - half, -1e-300));
    return log_turned((1 - above_zero(-a)) .* wedge + above_zero(-a) .* rest, turn);
  }

  /**
   * Log chances of a response below y, and above it.
   */
  vector log_below(vector y, vector mu, vector sigma, vector alpha) {
    vector[num_elements(y)] center = sqrt(2 / pi()) * alpha ./ sqrt(1 + square(alpha));
    return log_skew_normal(center + sqrt(1 - square(center)) .* (y - mu) ./ sigma, alpha);
  }

  vector log_above(vector y, vector mu, vector sigma, vector alpha) {
    return log_below(-y, -mu, sigma, -alpha);
  }
{% endmacro %}
{% macro tail_names(s) %}mu, sigma, alpha{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.inverse("eta[cell_" ~ kind ~ "]") }}, {{ masses.each(s, "sigma", kind) }}, {{ masses.each(s, "alpha", kind) -}}
{% endmacro %}
