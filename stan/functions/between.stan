{# Logarithms of what an inverse link is below a number, above it, and between two, with their digits in the tails.
   Contract: a macro functions(link) of the three functions under that link. #}
{% macro functions(link) %}
{{ {"logit": logit, "probit": probit, "cloglog": cloglog}[link]() }}
{% endmacro %}
{% macro logit() %}
  real log_below(real x) {
    return log_inv_logit(x);
  }
  real log_above(real x) {
    return log_inv_logit(-x);
  }
  real log_between(real low, real high) {
    return log_inv_logit(high) + log_inv_logit(-low) + log1m_exp(low - high);
  }
{%- endmacro %}
{% macro probit() %}
  real log_below(real x) {
    return std_normal_lcdf(x | );
  }
  real log_above(real x) {
    return std_normal_lcdf(-x | );
  }
  real log_between(real low, real high) {
    // On the side where both tails are small
    return low + high < 0 ? log_diff_exp(log_below(high), log_below(low)) : log_diff_exp(log_above(low), log_above(high));
  }
{%- endmacro %}
{% macro cloglog() %}
  real log_below(real x) {
    return log1m_exp(-exp(x));
  }
  real log_above(real x) {
    return -exp(x);
  }
  real log_between(real low, real high) {
    return -exp(low) + log1m_exp(exp(low) - exp(high));
  }
{%- endmacro %}
