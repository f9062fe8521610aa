{# Asymmetric Laplace responses: mu is the quantile of that name.
   Contract: macros functions(s), data(s), model(s, link); model reads `eta` and the parameters that are vectors. #}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: the distinct ones of each cell
  int<lower=0> R;
  array[R] int<lower=1, upper=C> cell;
  vector[R] y;
  vector<lower=0>[R] n;  // how often each is there; weights make it real
{% endmacro %}
{% macro model(s, link) %}
{% set sigma = "sigma[cell]" if "sigma" in s.vectors else "sigma" %}
{% set q = "quantile[cell]" if "quantile" in s.vectors else "quantile" %}
  vector[R] z = (y - {{ link.inverse("eta") }}[cell]) {{ "./" if "sigma" in s.vectors else "/" }} {{ sigma }};
  target += -dot_product(n, 0.5 * abs(z) + ({{ q }} - 0.5) {{ ".*" if "quantile" in s.vectors else "*" }} z);
  target += -{{ "dot_product(n, log(sigma[cell]))" if "sigma" in s.vectors else "sum(n) * log(sigma)" }};
  target += {{ "dot_product(n, log(quantile[cell]) + log1m(quantile[cell]))" if "quantile" in s.vectors else "sum(n) * (log(quantile) + log1m(quantile))" }};
{% endmacro %}
