# What lme4 and rstanarm say of five classic models: Rscript tests/reference/estimates.R > tests/reference/estimates.json
# brms's numbers are of its programs with the priors that are stated there, sampled by CmdStan.
suppressPackageStartupMessages({ library(lme4); library(rstanarm); library(jsonlite) })

models <- list(
  sleepstudy = list(data = "sleepstudy", formula = "Reaction ~ Days + (1 + Days | Subject)"),
  cbpp = list(data = "cbpp", formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)", family = "binomial"),
  Penicillin = list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)"),
  Pastes = list(data = "Pastes", formula = "strength ~ 1 + (1 | batch/cask)"),
  grouseticks = list(data = "grouseticks", formula = "TICKS ~ YEAR + (1 | BROOD) + (1 | LOCATION)", family = "poisson")
)
bayesian <- c("sleepstudy", "cbpp", "Pastes")

rows <- function(fit) {
  v <- as.data.frame(VarCorr(fit))
  v <- v[is.na(v$var2), ]
  random <- setNames(v$sdcor, ifelse(v$grp == "Residual", "sigma", paste0("sd ", v$grp, " ", v$var1)))
  list(estimate = as.list(c(fixef(fit), random)), se = as.list(sqrt(diag(as.matrix(vcov(fit))))))
}
# rstanarm's VarCorr has roots of mean variances: means of sds are taken from the draws.
drawn <- function(fit) {
  d <- as.matrix(fit)
  s <- grep("^Sigma\\[([^:]+):(.+),\\2\\]$", colnames(d), value = TRUE, perl = TRUE)
  named <- lapply(names(fixef(fit)), function(name) d[, name])
  names(named) <- names(fixef(fit))
  for (name in s) {
    inside <- sub("^Sigma\\[(.+),[^,]+\\]$", "\\1", name)
    cut <- regexpr(":\\(|:[A-Za-z]+$", inside)
    group <- substr(inside, 1, cut - 1); term <- substring(inside, cut + 1)
    named[[paste("sd", group, term)]] <- sqrt(d[, name])
  }
  if ("sigma" %in% colnames(d)) named$sigma <- d[, "sigma"]
  list(estimate = lapply(named, mean), se = lapply(named, sd))
}

out <- list(versions = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
                            rstanarm = as.character(packageVersion("rstanarm"))), models = list())
for (name in names(models)) {
  m <- models[[name]]
  data <- get(data(list = m$data, package = "lme4"))
  f <- as.formula(m$formula)
  fit <- if (is.null(m$family)) lmer(f, data, REML = TRUE) else glmer(f, data, family = m$family)
  found <- list(formula = m$formula, family = if (is.null(m$family)) "gaussian" else m$family, lme4 = rows(fit))
  if (name %in% bayesian) {
    s <- if (is.null(m$family)) stan_lmer(f, data, seed = 1, refresh = 0, chains = 4, iter = 4000, cores = 1)
         else stan_glmer(f, data, family = m$family, seed = 1, refresh = 0, chains = 4, iter = 4000, cores = 1)
    found$rstanarm <- drawn(s)
  }
  out$models[[name]] <- found
}
cat(toJSON(out, auto_unbox = TRUE, digits = 7, pretty = 1), "\n")
