# The links that brms has, by family and parameter: Rscript brms_links.R brms_links.json
suppressMessages(library(brms))
families <- c("gaussian", "student", "skew_normal", "exgaussian", "asym_laplace", "von_mises", "shifted_lognormal",
  "lognormal", "gamma", "inverse.gaussian", "weibull", "exponential", "beta", "binomial", "poisson", "negbinomial",
  "geometric", "beta_binomial", "cumulative", "sratio", "cratio", "acat", "zero_inflated_poisson",
  "zero_inflated_negbinomial", "zero_inflated_binomial", "zero_inflated_beta_binomial", "zero_inflated_beta",
  "zero_one_inflated_beta", "hurdle_poisson", "hurdle_negbinomial", "hurdle_gamma", "hurdle_lognormal")
of <- function(name) {
  info <- get(paste0(".family_", name), asNamespace("brms"))()
  others <- setdiff(info$dpars, "mu")
  c(list(mu = info$links), setNames(lapply(others, brms:::links_dpars), others))
}
out <- list(version = as.character(packageVersion("brms")), families = setNames(lapply(families, of), families))
writeLines(jsonlite::toJSON(out, pretty = TRUE, auto_unbox = FALSE), commandArgs(trailingOnly = TRUE)[1])
