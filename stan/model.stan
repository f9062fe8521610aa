{# The skeleton of every program; the text depends on a Structure and on nothing else.
   Contract: stanmlm/sampling/program.py gives `s` (Structure), `predictors`, `terms`, `priors`, `scale` and the files `family`, `density` and `eta`; macros are named after Stan's blocks. #}
{% import "fragments/fixed.stan" as fixed %}
{% import "fragments/masses.stan" as masses %}
{% import "fragments/ratio.stan" as ratio %}
// {{ s.family }} family, {{ s.link }} link{% for one in s.others %}, {{ one.dpar }} with {{ one.link }} link{% endfor %}{{ ", prior only" if not s.likelihood }}. Written by stanmlm.
// Every name, size, number and centring weight is data: models that differ only in those share this program.
{% filter block("functions") %}
{% for term in terms | unique(attribute="kind") %}
{{ term.file.functions() }}

{% endfor %}
{% for prior in priors | unique(attribute="distribution") %}
{{ prior.file.functions() }}

{% endfor %}
{{ family.functions(s) if s.likelihood }}

{{ masses.functions(s, family) if s.masses }}
{% endfilter %}
{% filter block("data") %}
{{ fixed.data(s, terms) }}

{% for term in terms | sort(attribute="depth") %}
{{ term.file.data(term) }}

{% endfor %}
{% if shared %}
  int<lower=1> T;  // thresholds
  int<lower=0> G;
  matrix[T, G] sums;  // thresholds, counted from the middle one{{ " of their item" if s.items }}, as sums of these numbers
{% if s.items %}
  array[T] int<lower=1> item;  // whose each is
{% endif %}
{% endif %}

{% if terms %}
  int<lower=1> S;  // standard deviations of all group terms
  vector[S] log_sd_hat;  // about what their logarithms are
  matrix[S, S] log_sd_L;  // times its transpose, about their posterior covariance
  vector<lower=0>[S] log_sd_bend;  // how much longer their tails to the left are
{% if scale %}
{{ ratio.data(scale) -}}
{% endif %}

{% endif %}
{{ eta.data(s, terms, predictors) if s.likelihood }}

{% if constants and s.likelihood %}
  // Held at a number
{% for one in constants %}
  real{{ one.within.written }} {{ one.name }};  // {{ one.words }}
{% endfor %}
{% endif %}

{{ family.data(s) if s.likelihood }}

{% for name, low, high in s.bounded %}
{% if low %}
  real lower_{{ name }};
{% endif %}
{% if high %}
  real upper_{{ name }};
{% endif %}
{% endfor %}

{{ masses.data(s) if s.masses }}

{% for prior in priors %}
{{ prior.place.data(prior, terms) }}

{% endfor %}
{% endfilter %}
{% filter block("transformed data") %}
{{ fixed.transformed_data(s, terms) -}}
{% for term in terms | sort(attribute="depth") %}
{{ term.file.transformed_data(term) -}}
{% endfor %}
{% endfilter %}
{% filter block("parameters") %}
{{ fixed.parameters(s) -}}
{% if terms %}
  vector[S] z_sd;  // sds of the group coefficients, in units of the posterior of their logarithms
{% endif %}
{% for one in scalars %}
  real{{ one.within.written }} {{ one.in_stan }};  // {{ one.words }}
{% endfor %}
{% if shared %}
  vector{{ shared.within.written }}[G] {{ shared.number }};  // {{ shared.words }}
{% endif %}
{% for term in terms %}
{{ term.file.parameters(term) -}}
{% endfor %}
{% endfilter %}
{% filter block("model") %}
{# What of rotated effects is swept into coefficients is taken off them: these effects come first. #}
{% set coefficients = fixed.model(s, terms) %}
{{ coefficients if not s.rotated }}

{% if terms %}
  vector[S] wide = sqrt(square(z_sd) + 0.25);
  vector[S] left = log_sd_bend .* square(0.5 * (wide - z_sd));  // of z_sd far below 0 the square, else about 0
  vector[S] log_sd = log_sd_hat + log_sd_L * (z_sd - left);
  vector[S] sd = exp(log_sd);  // of the group coefficients, term after term
  target += sum(log_sd) + sum(log1p(2 * left ./ wide));  // Jacobian

{% endif %}
{% for term in terms | selectattr("rotated") %}
{{ term.file.model(term, s.likelihood) }}

{% endfor %}
{{ coefficients if s.rotated }}

{% for term in terms | rejectattr("rotated") | sort(attribute="depth") %}
{{ term.file.model(term, s.likelihood) }}

{% endfor %}
{{ eta.model(s, terms, predictors) if s.likelihood }}

{% if shared %}
  // Thresholds: the intercept turned around is the one in the middle{{ ", of each item its own" if s.items }}
  vector[T] steps = sums * {{ shared.number }};
{% if priors | selectattr("class_", "equalto", "Intercept") | list %}
{% if s.items %}
  vector[T{{ " + I" if s.others }}] at_center = {{ "append_row(steps - b[item], alpha_c)" if s.others else "steps - b[item]" }};
{% else %}
  vector[T{{ " + I - 1" if s.others }}] at_center = {{ "append_row(steps - alpha_c[1], tail(alpha_c, I - 1))" if s.others else "steps - alpha_c" }};
{% endif %}
{% endif %}
{% endif %}

{% if s.likelihood %}
  // Likelihood
{{ density.model(s, link) ~ (masses.model(s, family, link) if s.masses else "") -}}
{% endif %}

{% if priors or (terms and scale) %}
  // Priors
{% if terms and scale %}
{{ ratio.model(scale) -}}
{% endif %}
{% for prior in priors %}
{{ prior.place.model(prior, terms) -}}
{% endfor %}
{% endif %}
{% endfilter %}
