{# Priors on sd / sigma, as rstanarm has them outside binomial and poisson models.
   Contract: macros data, model, given the auxiliary's name; leaves `ratio`, which stands for `sd` in its priors. #}
{% macro data(scale) %}
  vector<lower=0, upper=1>[S] by_{{ scale }};  // 1: the prior of this sd is on sd / {{ scale }}
{% endmacro %}
{% macro model(scale) %}
  vector[S] ratio = sd .* exp(-log({{ scale }}) * by_{{ scale }});
  target += -sum(by_{{ scale }}) * log({{ scale }});
{% endmacro %}
