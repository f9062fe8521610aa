{# Binomial with a probit link. Vector operations are twice as fast as a loop, but Phi underflows below -37.
   Contract: a macro model(s, link) that reads `eta` and the data of its family. #}
{% macro model(s, link) %}
  if (max(abs(eta)) < 30) {
    target += dot_product(y, log(Phi(eta))) + dot_product(trials - y, log(Phi(-eta)));
  } else {
    // Exact in the tails
    for (c in 1:C) {
      target += y[c] * std_normal_lcdf(eta[c] | ) + (trials[c] - y[c]) * std_normal_lcdf(-eta[c] | );
    }
  }
{% endmacro %}
