{# The sum of a normal and an exponential variable, whose mean is beta, here `exp_mean`: mu is the mean of the sum.
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
{% set b = "exp_mean[cell]" if "beta" in s.vectors else "exp_mean" %}
  // Of the normal part z, and its sd in units of the exponential part's mean
  vector[R] z = (y - {{ link.inverse("eta") }}[cell] + {{ b }}) {{ "./ sigma[cell]" if "sigma" in s.vectors else "/ sigma" }};
{% if "sigma" in s.vectors or "beta" in s.vectors %}
  vector[R] r = {{ "sigma[cell]" if "sigma" in s.vectors else "sigma" }} {{ "./" if "beta" in s.vectors else "/" }} {{ b }};
  target += dot_product(n, r .* (0.5 * r - z));
{% else %}
  real r = sigma / exp_mean;
  target += r * (0.5 * r * sum(n) - dot_product(n, z));
{% endif %}
{{ normal.add_log_normal("n", "z - r") -}}
  target += -{{ "dot_product(n, log(exp_mean[cell]))" if "beta" in s.vectors else "sum(n) * log(exp_mean)" }};
{% endmacro %}
{% macro tails(s) %}
{{ incomplete.normal() }}

  /**
   * The log chance of the sum above z, in sds of the normal part from its mean, where r is that sd over the mean of the
   * exponential one: a normal variable above z, or an exponential one that takes it there.
   */
  vector log_exgaussian(vector z, vector r) {
    vector[num_elements(z)] m = fmin(r, z);
    vector[num_elements(z)] added = m .* (0.5 * m - z) + log_scaled_Phi(z - r);
    return added + log1p_exp(log_Phi(-z) - added);
  }

  /**
   * Log chances of a response below y, and above it. Below the mean of the normal part that is an integral without a
   * difference in it, by the rule of log_gamma_end in stan/functions/incomplete.stan.
   */
  vector log_below(vector y, vector mu, vector sigma, vector exp_mean) {
    int N = num_elements(y);
    vector[N] z = (y - mu + exp_mean) ./ sigma;
    vector[N] r = sigma ./ exp_mean;
    vector[N] low = fmin(z, 0);
    vector[N] total = zeros_vector(N);
    for (k in 0:64) {
      real v = (k - 27) / 8.0;
      real t = exp(v - exp(-v));
      vector[N] e = t * inv(1 - low);
      total += -t * (1 + exp(-v)) / 8 * expm1(-r .* e) .* exp(low .* e - 0.5 * square(e));
    }
    vector[N] far = log(total) - log1m(low) - 0.5 * square(low) - 0.5 * log(2 * pi());
    return (1 - above_zero(z)) .* far + above_zero(z) .* log1m_exp(fmin(log_exgaussian(z, r), -1e-300));
  }

  vector log_above(vector y, vector mu, vector sigma, vector exp_mean) {
    return log_exgaussian((y - mu + exp_mean) ./ sigma, sigma ./ exp_mean);
  }
{% endmacro %}
{% macro tail_names(s) %}mu, sigma, exp_mean{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ link.inverse("eta[cell_" ~ kind ~ "]") }}, {{ masses.each(s, "sigma", kind) }}, {{ masses.each(s, "beta", kind) | replace("beta", "exp_mean") -}}
{% endmacro %}
