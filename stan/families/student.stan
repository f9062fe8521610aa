{# Student t responses about mu with scale sigma and nu degrees of freedom.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% import "functions/rising.stan" as functions_of %}
{% macro functions(s) %}{{ functions_of.ascending() if "nu" in s.vectors else functions_of.rising() }}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
  vector[R] z = (y - {{ link.inverse("eta") }}[cell]) {{ "./ sigma[cell]" if "sigma" in s.vectors else "/ sigma" }};
{% if "nu" in s.vectors %}
  vector[R] df = nu[cell];
  vector[R] half = log(0.5 * df);
  target += dot_product(n, log_ascending(half, rep_vector(0.5, R)) - 0.5 * half - 0.5 * (df + 1) .* log1p(square(z) ./ df));
{% else %}
  target += sum(n) * log_rising(0.5 * nu, [0.5]')[1] - 0.5 * (nu + 1) * dot_product(n, log1p(square(z) / nu));
{% endif %}
  target += -{{ "dot_product(n, log(sigma[cell]))" if "sigma" in s.vectors else "sum(n) * log(sigma)" }};
{% endmacro %}
