{# The probit link by Stan's Phi_approx: the logistic of a cubic (Bowling et al. 2009).
   Contract: macros inverse, the parameter at a vector eta, log_inverse, its logarithm, and log1m_inverse, that of one minus it. #}
{% macro cubic(eta) %}{{ eta }} .* (1.5976 + 0.07056 * square({{ eta }})){% endmacro %}
{% macro inverse(eta) %}inv_logit({{ cubic("(" ~ eta ~ ")") }}){% endmacro %}
{% macro log_inverse(eta) %}log_inv_logit({{ cubic("(" ~ eta ~ ")") }}){% endmacro %}
{% macro log1m_inverse(eta) %}log_inv_logit(-({{ cubic("(" ~ eta ~ ")") }})){% endmacro %}
