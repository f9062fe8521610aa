{# Logarithms of what an inverse link is below numbers, above them, and between two, each with its digits.
   Contract: a macro functions(link) of the three functions under that link. #}
{% macro functions(link) %}
{{ {"logit": logit, "probit": probit, "probit_approx": probit_approx, "cloglog": cloglog, "cauchit": cauchit, "softit": softit}[link]() }}
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
{% macro probit_approx() %}
  vector cubic(vector x) {
    return x .* (1.5976 + 0.07056 * square(x));
  }
  vector log_below(vector x) {
    return log_inv_logit(cubic(x));
  }
  vector log_above(vector x) {
    return log_inv_logit(-cubic(x));
  }
  vector log_between(vector low, vector high) {
    vector[size(low)] gap = (high - low) .* (1.5976 + 0.07056 * (square(low) + low .* high + square(high)));
    return log_inv_logit(cubic(high)) + log_inv_logit(-cubic(low)) + log1m_exp(-gap);
  }
{%- endmacro %}
{% macro cauchit() %}
  // Angles, which keep their digits where they are small
  vector log_below(vector x) {
    return log(atan2(1.0, -x) / pi());
  }
  vector log_above(vector x) {
    return log(atan2(1.0, x) / pi());
  }
  vector log_between(vector low, vector high) {
    return log(atan2(high - low, 1 + high .* low) / pi());
  }
{%- endmacro %}
{% macro softit() %}
  vector log_below(vector x) {
    return log(log1p_exp(x)) - log1p(log1p_exp(x));
  }
  vector log_above(vector x) {
    return -log1p(log1p_exp(x));
  }
  vector log_between(vector low, vector high) {
    return log(log1p(inv_logit(low) .* expm1(high - low))) - log1p(log1p_exp(low)) - log1p(log1p_exp(high));
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
