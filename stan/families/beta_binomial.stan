{# Successes in trials, the chance a beta with mean mu and precision phi.
   Contract: macros functions(s), data(s), model(s, link), and those of fragments/masses.stan; model reads `eta` and the parameters that are vectors;
   log_zero(s, at), after it, is the log probability of no success in `size` trials in cells `at`. #}
{% import "functions/rising.stan" as functions_of %}
{% macro functions(s) %}{{ functions_of.ascending() }}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector<lower=0>[R] y;  // successes
  vector<lower=0>[R] trials;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
  vector[C] log_up = {{ link.log_inverse("eta") }} + log(phi);
  vector[C] log_down = {{ link.log1m_inverse("eta") }} + log(phi);
  vector[C] log_phi = {{ "log(phi)" if "phi" in s.vectors else "rep_vector(log(phi), C)" }};
  target += dot_product(n, log_ascending(log_up[cell], y) + log_ascending(log_down[cell], trials - y));
  target += -dot_product(n, log_ascending(log_phi[cell], trials));
{% endmacro %}
{% macro log_zero(s, at) %}
log_ascending(log_down{{ at }}, size{{ at }})
    - log_ascending(log_phi{{ at }}, size{{ at }})
{%- endmacro %}
{% macro tails(s) %}
  /**
   * The log chance of no more than y successes of so many trials, by the ratios of chances from y down to 0.
   */
  vector log_beta_binomial(data vector y, vector log_up, vector log_down, data vector trials) {
    int N = num_elements(y);
    vector[N] up = exp(log_up);
    vector[N] down = exp(log_down);
    vector[N] term = ones_vector(N);
    vector[N] total = ones_vector(N);
    int steps = 0;
    while (steps < max(y)) {
      steps += 1;
    }
    for (step in 1:steps) {
      vector[N] k = fmax(y - step + 1, 0);  // at 0 the terms end
      vector[N] above = fmax(k, 1) - 1;
      term = term .* k ./ (trials - above) .* (down + trials - above - 1) ./ (up + above);
      total += term;
    }
    return log(total) + lchoose(trials, y) + log_ascending(log_up, y) + log_ascending(log_down, trials - y)
      - log_ascending(log(up + down), trials);
  }

  /**
   * Log chances of no more than y successes, and of more, by the logarithms of the beta's shapes.
   */
  vector log_below(data vector y, vector log_up, vector log_down, data vector trials) {
    return log_beta_binomial(y, log_up, log_down, trials);
  }

  vector log_above(data vector y, vector log_up, vector log_down, data vector trials) {
    return log_beta_binomial(trials - y - 1, log_down, log_up, trials);
  }
{% endmacro %}
{% macro tail_names(s) %}log_up, log_down, trials{% endmacro %}
{% macro tail_arguments(s, link, kind) %}
{{ "log_up[cell_" ~ kind ~ "]" }}, {{ "log_down[cell_" ~ kind ~ "]" }}, {{ "trials_" ~ kind if "trials" in s.extras else "ones_vector(R_" ~ kind ~ ")" -}}
{% endmacro %}
