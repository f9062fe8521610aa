{# Responses that are lognormal above ndt, the time before anything can happen.
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
  vector[R] log_y = log(y - {{ "ndt[cell]" if "ndt" in s.vectors else "ndt" }});
  vector[R] z = (log_y - {{ link.inverse("eta") }}[cell]) {{ "./ sigma[cell]" if "sigma" in s.vectors else "/ sigma" }};
  target += -dot_product(n, log_y + 0.5 * square(z));
  target += -{{ "dot_product(n, log(sigma[cell]))" if "sigma" in s.vectors else "sum(n) * log(sigma)" }};
{% endmacro %}
