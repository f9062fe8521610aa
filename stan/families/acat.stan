{# Ordered categories told from their neighbours: the log odds of the lower of two are a threshold minus the predictor.
   Contract: macros functions(s), data(s), model(s, link), as families/sratio.stan, whose data it has. #}
{% import "families/sratio.stan" as sratio %}
{% macro functions(s) %}{% endmacro %}
{% macro data(s) %}{{ sratio.data(s) }}{% endmacro %}
{% macro model(s, link) %}
  // Log odds of each category against the first, and the logarithm of the sum of odds so far
  vector[C] odds = zeros_vector(C);
  vector[C] so_far = zeros_vector(C);
  for (t in 1:T) {
    odds -= {{ sratio.away(s) }};
    so_far += log1p_exp(odds - so_far);
    target += dot_product(here[t], {{ "odds + " ~ sratio.away(s) }}) + (t == T ? dot_product(beyond[t], odds) : 0);
  }
  target += -dot_product(here[1] + beyond[1], so_far);
{% endmacro %}
