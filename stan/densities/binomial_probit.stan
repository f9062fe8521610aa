{# Binomial with a probit link, exact in both tails.
   Contract: a macro model(link) that reads `eta` and the data of its family. #}
{% macro model(link) %}
  for (c in 1:C) {
    target += y[c] * std_normal_lcdf(eta[c]) + (trials[c] - y[c]) * std_normal_lcdf(-eta[c]);
  }
{% endmacro %}
