# What lme4 says of five classic models: Rscript tests/reference/estimates.R > tests/reference/estimates.json
suppressPackageStartupMessages({ library(lme4); library(jsonlite) })

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

out <- list(versions = list(R = R.version.string, lme4 = as.character(packageVersion("lme4"))), models = list())
for (name in names(models)) {
  m <- models[[name]]
  data <- get(data(list = m$data, package = "lme4"))
  f <- as.formula(m$formula)
  fit <- if (is.null(m$family)) lmer(f, data, REML = TRUE) else glmer(f, data, family = m$family)
  found <- list(formula = m$formula, family = if (is.null(m$family)) "gaussian" else m$family, lme4 = rows(fit))
  out$models[[name]] <- found
}
cat(toJSON(out, auto_unbox = TRUE, digits = 7, pretty = 1), "\n")
