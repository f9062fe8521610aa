{# Shares of a whole: `eta`, `eta_mu2`, ... are the log odds of all but one of the expected shares against that one.
   Contract: macros functions(s), data(s), model(s, link); model reads the predictors and `phi`. #}
{% import "families/categorical.stan" as categorical %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}
  // Response: sums over the rows of a cell; weights make them real
  vector<lower=0>[C] n;
  array[{{ s.locations + 1 }}] vector<upper=0>[C] log_y;  // logarithms of shares, the one without a predictor first
{% endmacro %}
{% macro model(s, link) %}
{% set etas = categorical.predictors(s).split() %}
  // The Dirichlet's parameters
  array[{{ s.locations + 1 }}] vector[C] log_a;
  log_a[1] = log(phi) - log1p({{ "exp(" ~ etas | join(") + exp(") ~ ")" }});
{% for eta in etas %}
  log_a[{{ loop.index + 1 }}] = {{ eta }} + log_a[1];
{% endfor %}
  target += {{ "dot_product(n, lgamma(phi))" if "phi" in s.vectors else "sum(n) * lgamma(phi)" }};
  for (k in 1:{{ s.locations + 1 }}) {
    vector[C] a = exp(log_a[k]);
    target += dot_product(log_y[k], a) + dot_product(n, log_a[k] - lgamma(1 + a));
  }
{% endmacro %}
