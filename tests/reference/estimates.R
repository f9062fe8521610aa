# What lme4 and rstanarm say of five classic models, in ten minutes: Rscript tests/reference/estimates.R > tests/reference/estimates.json
suppressPackageStartupMessages({ library(lme4); library(rstanarm); library(posterior); library(jsonlite) })
SAMPLING <- list(chains = 4, iter = 4000, seed = 1, cores = 1, refresh = 0, adapt_delta = 0.99)

models <- list(
  sleepstudy = list(data = "sleepstudy", formula = "Reaction ~ Days + (1 + Days | Subject)"),
  cbpp = list(data = "cbpp", formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)", family = "binomial"),
  Penicillin = list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)"),
  Pastes = list(data = "Pastes", formula = "strength ~ 1 + (1 | batch/cask)"),
  grouseticks = list(data = "grouseticks", formula = "TICKS ~ YEAR + (1 | BROOD) + (1 | LOCATION)", family = "poisson")
)
rows <- function(fit) {
  v <- as.data.frame(VarCorr(fit))
  v <- v[is.na(v$var2), ]
  random <- setNames(v$sdcor, ifelse(v$grp == "Residual", "sigma", paste0("sd ", v$grp, " ", v$var1)))
  list(estimate = as.list(c(fixef(fit), random)), se = as.list(sqrt(diag(as.matrix(vcov(fit))))))
}

# Posterior means, sds and Monte Carlo errors under rstanarm's default priors, by lme4's names; standard deviations, not variances.
posterior <- function(f, data, family) {
  asked <- c(list(formula = f, data = data), SAMPLING)
  fit <- if (is.null(family)) do.call(stan_lmer, asked) else do.call(stan_glmer, c(asked, list(family = family)))
  draws <- as.matrix(fit)
  kept <- c(names(fixef(fit)), grep("^Sigma\\[(.*):(.*),\\2\\]$", colnames(draws), value = TRUE))
  values <- draws[, kept, drop = FALSE]
  sds <- startsWith(kept, "Sigma[")
  values[, sds] <- sqrt(values[, sds])
  colnames(values)[sds] <- sub("^Sigma\\[(.*):(.*),\\2\\]$", "sd \\1 \\2", kept[sds])
  if ("sigma" %in% colnames(draws)) values <- cbind(values, sigma = draws[, "sigma"])
  chains <- array(values, c(nrow(values) / SAMPLING$chains, SAMPLING$chains, ncol(values)), list(NULL, NULL, colnames(values)))
  each <- function(what) as.list(apply(chains, 3, what))
  stopifnot(unlist(each(rhat)) < 1.01)
  list(mean = each(mean), sd = each(sd), mcse = each(mcse_mean))
}

installed <- function(package) as.character(packageVersion(package))
versions <- list(R = R.version.string, lme4 = installed("lme4"), rstanarm = installed("rstanarm"), rstan = installed("rstan"))
out <- list(versions = versions, models = list())
for (name in names(models)) {
  m <- models[[name]]
  data <- get(data(list = m$data, package = "lme4"))
  f <- as.formula(m$formula)
  fit <- if (is.null(m$family)) lmer(f, data, REML = TRUE) else glmer(f, data, family = m$family)
  family <- if (is.null(m$family)) "gaussian" else m$family
  out$models[[name]] <- list(formula = m$formula, family = family, lme4 = rows(fit), rstanarm = posterior(f, data, m$family))
}
cat(toJSON(out, auto_unbox = TRUE, digits = 7, pretty = 1), "\n")
