{# Successes in trials, the chance a beta with mean mu and precision phi.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors;
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
