{# Logarithms of what an inverse link is below numbers, above them, and between two, each with its digits.
   Contract: a macro functions(link) of the three functions under that link. #}
{% macro functions(link) %}
{{ {"logit": logit, "probit": probit, "cloglog": cloglog}[link]() }}
{% endmacro %}
{% macro logit() %}
  vector log_below(vector x) {
    return log_inv_logit(x);
  }
  vector log_above(vector x) {
    return log_inv_logit(-x);
  }
  vector log_between(vector low, vector high) {
    return log_inv_logit(high) + log_inv_logit(-low) + log1m_exp(low - high);
  }
{%- endmacro %}
{% macro probit() %}
  vector log_below(vector x) {
    return log(Phi(x));
  }
  vector log_above(vector x) {
    return log(Phi(-x));
  }
  vector log_between(vector low, vector high) {
    // On the side where both are tails
    int R = size(low);
    vector[R] middle = -0.5 * abs(low + high);
    vector[R] half = 0.5 * (high - low);
    return log(Phi(middle + half) - Phi(middle - half));
  }
{%- endmacro %}
{% macro cloglog() %}
  vector log_below(vector x) {
    return log1m_exp(-exp(x));
  }
  vector log_above(vector x) {
    return -exp(x);
  }
  vector log_between(vector low, vector high) {
    return -exp(low) + log1m_exp(exp(low) - exp(high));
  }
{%- endmacro %}
