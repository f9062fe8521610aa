# Answers of R's emmeans on posterior draws that are given: Rscript tests/reference/emmeans.R > tests/reference/emmeans.json
# Made with R 4.2.2, emmeans 1.8.4, coda 0.19.
suppressMessages({library(emmeans); library(jsonlite)})
options(width = 200, contrasts = c("contr.treatment", "contr.poly"))

# The draws of coefficient j: an odd number of values about the estimate, in an order of its own.
draws <- function(model) {
  b <- coef(model); b <- b[!is.na(b)]
  k <- 1:21
  unname(sapply(seq_along(b), function(j) b[j] + abs(b[j]) * 0.2 * sin(k * (j + 0.7)) + 0.01 * cos(3 * k * j)))
}

warp <- warpbreaks
tooth <- ToothGrowth
set.seed(1)
nested <- data.frame(y = round(c(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7), 1),
  town = c("a", "a", "b", "b", "c", "c", "d", "d", "e", "e", "a", "b", "c", "d"),
  state = c("N", "N", "N", "N", "S", "S", "S", "S", "S", "S", "N", "N", "S", "S"),
  x = c(1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1, 2, 2))
empty <- data.frame(y = c(1, 2, 4, 3, 6, 5, 7, 9, 8, 4), f = c("a", "a", "a", "b", "b", "b", "c", "c", "c", "c"),
  g = c("p", "q", "r", "p", "q", "r", "p", "q", "p", "q"), w = c(1, 2, 1, 3, 1, 1, 2, 1, 1, 4))
# emmeans 1.8.4 takes the mean of log(e), later ones log of the mean of e: of a column by itself both are the same.
counts <- data.frame(y = c(2, 3, 6, 7, 8, 9, 10, 12, 15, 20, 4, 7), f = rep(c("a", "b", "c"), 4), e = 1:12,
  u = rep(c(TRUE, FALSE, TRUE), each = 4), z = rep(0:1, 6))
counts$loge <- round(log(counts$e), 3)
data <- list(warp = warp, tooth = tooth, nested = nested, empty = empty, counts = counts)
models <- list(
  warp = list(data = "warp", formula = "breaks ~ wool * tension", family = "gaussian"),
  logwarp = list(data = "warp", formula = "log(breaks) ~ wool + tension", family = "gaussian"),
  sqrtwarp = list(data = "warp", formula = "sqrt(breaks) ~ wool + tension", family = "gaussian"),
  log1 = list(data = "warp", formula = "log(breaks + 1) ~ wool + tension", family = "gaussian"),
  tooth = list(data = "tooth", formula = "len ~ supp * dose", family = "gaussian"),
  poly = list(data = "tooth", formula = "len ~ supp * poly(dose, 2)", family = "gaussian"),
  dose = list(data = "tooth", formula = "len ~ supp + factor(dose)", family = "gaussian"),
  nested = list(data = "nested", formula = "y ~ state + state:town + x", family = "gaussian"),
  slash = list(data = "nested", formula = "y ~ x * state + state:town", family = "gaussian"),
  towns = list(data = "nested", formula = "y ~ town + x", family = "gaussian"),
  empty = list(data = "empty", formula = "y ~ f * g", family = "gaussian"),
  additive = list(data = "empty", formula = "y ~ f + g", family = "gaussian"),
  weighted = list(data = "empty", formula = "y ~ f + g", family = "gaussian", weights = "w"),
  rate = list(data = "counts", formula = "y ~ f + u + z + offset(loge)", family = "poisson"),
  count = list(data = "counts", formula = "y ~ f * z", family = "poisson"),
  logit = list(data = "counts", formula = "cbind(y, 30 - y) ~ f + u", family = "binomial"),
  probit = list(data = "counts", formula = "cbind(y, 30 - y) ~ f + u", family = "binomial", link = "probit"))
calls <- list(
  warp = c("emmeans(m, ~ tension)", "emmeans(m, ~ wool | tension)", "emmeans(m, ~ wool * tension)", "emmeans(m, ~ 1)",
    "pairs(emmeans(m, ~ wool | tension))", "contrast(emmeans(m, ~ tension | wool), 'poly')",
    "contrast(emmeans(m, ~ wool * tension), 'eff')", "contrast(emmeans(m, ~ wool * tension), 'mean_chg')",
    "contrast(emmeans(m, ~ wool * tension), 'consec', by = 'wool')",
    "contrast(emmeans(m, ~ wool * tension), interaction = 'pairwise')",
    "contrast(emmeans(m, ~ wool * tension), interaction = c('pairwise', 'poly'))",
    "contrast(emmeans(m, ~ tension), 'trt.vs.ctrl', ref = 2)", "contrast(emmeans(m, ~ tension), 'del.eff')",
    "contrast(emmeans(m, ~ tension), 'trt.vs.ctrl', ref = c(1, 2))",
    "contrast(emmeans(m, ~ tension), list(`M and H less L` = c(-1, 0.5, 0.5), M = c(0, 1, 0)))",
    "contrast(emmeans(m, ~ wool * tension), 'pairwise', simple = 'tension')",
    "pairs(pairs(emmeans(m, ~ wool | tension)), by = NULL)", "emmeans(m, ~ tension, at = list(tension = c('H', 'L')))",
    "contrast(emmeans(m, ~ tension), 'poly', max.degree = 1)",
    "nth(pairs(emmeans(m, ~ wool * tension), simple = 'each'), 1)", "nth(pairs(emmeans(m, ~ wool | tension), simple = 'each'), 2)",
    "nth(contrast(emmeans(m, ~ wool * tension), 'eff', simple = list('wool', c('wool', 'tension'))), 2)",
    "pairs(emmeans(m, ~ tension | wool), reverse = TRUE)", "emmeans(m, ~ tension, level = 0.8)"),
  logwarp = c("emmeans(m, ~ wool)", "emmeans(m, ~ wool, type = 'response')", "pairs(emmeans(m, ~ tension), type = 'response')",
    "contrast(emmeans(m, ~ tension), 'trt.vs.ctrl', type = 'response')", "pairs(emmeans(m, ~ tension), ratios = FALSE)",
    "contrast(regrid(emmeans(m, ~ tension)), 'pairwise')", "contrast(emmeans(m, ~ tension), 'identity', type = 'response')"),
  sqrtwarp = c("emmeans(m, ~ wool, type = 'response')", "pairs(emmeans(m, ~ wool))", "pairs(emmeans(m, ~ wool), type = 'response')"),
  log1 = c("emmeans(m, ~ wool)", "emmeans(m, ~ wool, type = 'response')", "pairs(emmeans(m, ~ wool))"),
  tooth = c("emmeans(m, ~ supp)", "emmeans(m, ~ supp | dose, at = list(dose = c(0.5, 2)))", "emtrends(m, ~ supp, var = 'dose')",
    "pairs(emtrends(m, ~ supp, var = 'dose'))", "emtrends(m, ~ supp, var = 'log(dose)')", "emmeans(m, ~ dose, at = list(dose = 1:3))",
    "contrast(emmeans(m, ~ dose, at = list(dose = 1:3)), 'consec')", "emmeans(m, ~ supp, cov.reduce = median)",
    "emmeans(m, ~ supp * dose, cov.reduce = range)", "emmeans(m, ~ supp | dose, cov.reduce = FALSE)", "emmeans(m, ~ dose, cov.reduce = TRUE)",
    "emmeans(m, ~ dose, cov.reduce = list(dose = range))", "emmeans(m, ~ dose, cov.keep = 'dose')",
    "emmeans(m, ~ supp, cov.keep = 'dose', weights = 'cells')", "emmeans(m, ~ supp, cov.reduce = FALSE, weights = 'cells')"),
  poly = c("emmeans(m, ~ supp)", "emtrends(m, ~ supp | dose, var = 'dose', at = list(dose = c(0.5, 2)))"),
  dose = c("emmeans(m, ~ dose)", "emmeans(m, ~ supp)", "pairs(emmeans(m, ~ dose))", "emmeans(m, ~ supp, at = list(dose = c(1, 2)))"),
  nested = c("emmeans(m, ~ state)", "emmeans(m, ~ town)", "pairs(emmeans(m, ~ town))", "pairs(emmeans(m, ~ state))",
    "emmeans(m, ~ town | state)", "pairs(emmeans(m, ~ town | state))", "emmeans(m, ~ state, weights = 'proportional')",
    "contrast(emmeans(m, ~ town), 'eff')", "emmeans(m, ~ state | x)", "emmeans(m, ~ town * x)", "emmeans(m, ~ 1)",
    "emmeans(m, ~ x, at = list(x = c(0, 5)))"),
  slash = c("emmeans(m, ~ state)", "emmeans(m, ~ x | state)", "pairs(emmeans(m, ~ x | state))", "emmeans(m, ~ town * x)"),
  towns = c("emmeans(m, ~ town)", "emmeans(m, ~ x)"),
  empty = c("emmeans(m, ~ f)", "emmeans(m, ~ f * g)", "emmeans(m, ~ g, weights = 'cells')", "emmeans(m, ~ f, weights = 'flat')",
    "pairs(emmeans(m, ~ g | f))"),
  additive = c("emmeans(m, ~ f)", "emmeans(m, ~ f, weights = 'proportional')", "emmeans(m, ~ f, weights = 'outer')",
    "emmeans(m, ~ f, weights = 'cells')", "emmeans(m, ~ f, weights = 'flat')", "emmeans(m, ~ f, weights = c(1, 2, 3))"),
  weighted = c("emmeans(m, ~ f, weights = 'proportional')", "emmeans(m, ~ f, weights = 'cells')"),
  rate = c("emmeans(m, ~ f)", "emmeans(m, ~ f, type = 'response')", "emmeans(m, ~ f, offset = 0)", "emmeans(m, ~ z | u)",
    "pairs(emmeans(m, ~ f), type = 'response')", 
    "emmeans(m, ~ f, regrid = 'response')", "emmeans(m, ~ f, weights = 'outer')"),
  count = c("emmeans(m, ~ z | f, cov.keep = '1')", "emmeans(m, ~ z, cov.reduce = max)", "emtrends(m, ~ f, var = 'z')", "emmeans(m, ~ z)", "emtrends(m, ~ f, var = 'z', regrid = 'response')"),
  logit = c("emmeans(m, ~ f)", "emmeans(m, ~ f, type = 'response')", "pairs(emmeans(m, ~ f), type = 'response')",
    "pairs(regrid(emmeans(m, ~ f)))", "pairs(regrid(emmeans(m, ~ f), transform = 'log'), type = 'response')",
    "emmeans(m, ~ u, regrid = 'response')", "contrast(pairs(emmeans(m, ~ f * u), simple = 'f'), 'pairwise', by = 'contrast', type = 'response')"),
  probit = c("emmeans(m, ~ f, type = 'response')", "pairs(emmeans(m, ~ f))", "pairs(emmeans(m, ~ f), type = 'response')"))

nth <- function(several, number) several[[number]]

fitted_model <- function(spec) {
  form <- as.formula(spec$formula)
  if (spec$family == "gaussian" && !is.null(spec$weights)) return(eval(bquote(lm(.(form), frame, weights = w), list(form = form))))
  if (spec$family == "gaussian") return(eval(bquote(lm(.(form), frame))))
  family <- get(spec$family)(link = if (is.null(spec$link)) get(spec$family)()$link else spec$link)
  eval(bquote(glm(.(form), family, frame)))
}
# From the data, as for Bayesian models: emmeans 1.8.4 drops weights where it is given a model frame.
recover_data.drawn <- function(object, ...)
  recover_data(object$model$call, delete.response(terms(object$model)), object$model$na.action, ...)
emm_basis.drawn <- function(object, trms, xlev, grid, ...) {
  basis <- emm_basis(object$model, trms, xlev, grid, ...)
  basis$post.beta <- object$draws
  basis
}
.S3method("recover_data", "drawn"); .S3method("emm_basis", "drawn")
emm_options(msg.interaction = FALSE, msg.nesting = FALSE)
answers <- list()
for (name in names(models)) {
  spec <- models[[name]]; frame <- data[[spec$data]]; m0 <- fitted_model(spec)
  B <- draws(m0)
  # A model whose basis comes with draws, as Bayesian ones have it.
  m <- structure(list(model = m0, draws = B), class = "drawn")
  for (text in calls[[name]]) {
    made <- tryCatch(suppressMessages(eval(parse(text = text))), error = function(e) conditionMessage(e))
    if (is.character(made)) { message(name, ": ", text, ": ", made); next }
    shown <- as.data.frame(summary(made))
    L <- made@linfct; rows <- if (is.null(made@misc$display)) rep(TRUE, nrow(L)) else made@misc$display
    answers[[length(answers) + 1]] <- list(model = name, call = text, columns = names(shown), rows = shown,
      linfct = if (ncol(L) == ncol(B)) L[rows, , drop = FALSE] else NULL, print = capture.output(print(made)))
  }
  models[[name]]$draws <- B; models[[name]]$coefficients <- names(coef(m0))[!is.na(coef(m0))]
}
cat(toJSON(list(data = data, models = models, answers = answers), digits = 12, auto_unbox = TRUE, na = "null"))
