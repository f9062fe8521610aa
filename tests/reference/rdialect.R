# Answers of R and lme4 on made-up data, for tests/data/test_rdialect.py.
#   Rscript rdialect.R rdialect.json
options(contrasts = c("contr.treatment", "contr.poly"), digits = 15, warn = -1)
invisible(Sys.setlocale("LC_COLLATE", "C"))
suppressMessages({library(lme4); library(splines); library(jsonlite)})

d <- data.frame(
  y = c(2.5, 1.75, 4, 3.25, 6, 0.5, 2, 5.5, 3, 4.5, 1, 2.25, 7, 3.5),
  x = c(-1.5, 0.25, 1, 2.5, 0.5, -0.75, 1.75, 0, -2, 0.8, 1.5, -0.3, 2.75, 0.1),
  z = c(1, 2, 3.5, 1.5, 2.5, 4, 0.5, 3, 2.2, 1.1, 4.5, 2.7, 3.6, 1.9),
  k = c(3L, 1L, 2L, 3L, 1L, 2L, 3L, 1L, 2L, 3L, 1L, 2L, 3L, 1L),
  big = c(1e5, 2.5, 1e5, 1e-5, 2.5, 1e-5, 123456.789, 2.5, 1e5, 1e-5, 2.5, 123456.789, 1e5, 1/3),
  n.trials = c(5L, 6L, 7L, 8L, 5L, 6L, 7L, 8L, 5L, 6L, 7L, 8L, 9L, 4L),
  s = c(1L, 2L, 0L, 5L, 5L, 3L, 6L, 7L, 1L, 2L, 3L, 4L, 9L, 0L),
  f = factor(c("b", "a", "c", "a", "b", "c", "b", "a", "c", "b", "a", "c", "a", "b")),
  g = factor(c("no", "yes", "no", "no", "yes", "yes", "no", "yes", "no", "yes", "no", "yes", "yes", "no"), levels = c("yes", "no")),
  o = factor(c("lo", "mid", "hi", "hi", "lo", "mid", "lo", "hi", "mid", "lo", "mid", "hi", "lo", "mid"), levels = c("lo", "mid", "hi"), ordered = TRUE),
  u = factor(c("p", "q", "p", "s", "q", "s", "p", "q", "s", "p", "q", "s", "p", "q"), levels = c("s", "never", "q", "p")),
  l = c(TRUE, FALSE, TRUE, TRUE, FALSE, TRUE, FALSE, FALSE, TRUE, FALSE, TRUE, TRUE, FALSE, FALSE),
  lt = rep(TRUE, 14),
  ch = c("beta", "Alpha", "gamma", "beta", "Alpha", "gamma", "beta", "beta", "Alpha", "gamma", "Alpha", "beta", "gamma", "Alpha"),
  xna = c(1, NA, 3, 4.5, 2, 1.5, NA, 0.5, 2.5, 3.5, 1.25, 4, 2.75, 3.2),
  fna = factor(c("m", "w", NA, "m", "w", "m", "w", "m", "w", NA, "m", "w", "m", "w")),
  lna = c(TRUE, NA, FALSE, TRUE, TRUE, FALSE, TRUE, FALSE, TRUE, FALSE, NA, FALSE, TRUE, FALSE),
  a = factor(c("a1", "a2", "a3", "a1", "a2", "a3", "a1", "a2", "a3", "a1", "a2", "a3", "a1", "a2")),
  b = factor(c("b2", "b1", "b1", "b2", "b2", "b1", "b1", "b2", "b1", "b2", "b1", "b2", "b1", "b1")),
  e = factor(c("e1", "e1", "e2", "e3", "e4", "e4", "e2", "e1", "e5", "e5", "e3", "e3", "e4", "e2"))
)
names(d)[names(d) == "n.trials"] <- "n.trials"
d$`odd name` <- c(0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7)
nd <- data.frame(
  x = c(0.5, -1, 3.5, 2), z = c(2, 5, 1, 0.25), k = c(2L, 3L, 1L, 1L), big = c(2.5, 1e5, 1e-5, 1/3),
  f = factor(c("c", "b", "c", "b")), g = factor(c("no", "no", "yes", "no"), levels = c("no", "yes")),
  o = factor(c("hi", "lo", "lo", "mid"), levels = c("lo", "mid", "hi"), ordered = TRUE),
  u = factor(c("q", "p", "p", "s")), l = c(TRUE, TRUE, FALSE, TRUE), ch = c("gamma", "beta", "beta", "Alpha"),
  n.trials = c(4L, 5L, 6L, 7L), a = factor(c("a3", "a1", "a1", "a2")), b = factor(c("b1", "b1", "b2", "b1")),
  xna = c(1, 2, NA, 4), `odd name` = c(1, 2, 3, 4), check.names = FALSE
)

pool <- new.env(); pool$columns <- list(); pool$keys <- character()
put <- function(v) {                          # a column is kept once
  v <- as.vector(signif(as.numeric(v), 14)); v[is.infinite(v)] <- sign(v[is.infinite(v)]) * 1e300; key <- paste(v, collapse = " ")
  at <- match(key, pool$keys)
  if (is.na(at)) { pool$keys <- c(pool$keys, key); pool$columns <- c(pool$columns, list(v)); at <- length(pool$keys) }
  at - 1L
}
columns <- function(X) I(vapply(seq_len(ncol(X)), function(j) put(X[, j]), 1L))
told <- function(e) list(error = conditionMessage(e))

fixed <- function(text, contrasts = NULL, default = NULL, subset = NULL, na = "na.omit") tryCatch({
  old <- options(contrasts = if (is.null(default)) c("contr.treatment", "contr.poly") else default, na.action = na)
  on.exit(options(old))
  mf <- eval(substitute(model.frame(as.formula(text), d, drop.unused.levels = TRUE, subset = S),
                        list(S = if (is.null(subset)) NULL else str2lang(subset))))
  X <- model.matrix(attr(mf, "terms"), mf, contrasts.arg = contrasts)
  off <- model.offset(mf)
  list(formula = text, contrasts = contrasts, default = default, subset = subset, na = if (na != "na.omit") na,
       names = I(as.character(colnames(X))), assign = I(attr(X, "assign")), X = columns(X), rows = if (nrow(mf) < nrow(d)) I(as.integer(rownames(mf)) - 1L),
       offset = if (!is.null(off)) put(off))
}, error = function(e) c(list(formula = text, contrasts = contrasts, default = default, subset = subset), told(e)))

fresh <- function(text) tryCatch({
  mf <- model.frame(as.formula(text), d, drop.unused.levels = TRUE)
  tt <- delete.response(attr(mf, "terms"))
  X0 <- model.matrix(attr(mf, "terms"), mf)
  m <- model.frame(tt, nd, xlev = .getXlevels(attr(mf, "terms"), mf), na.action = na.pass)
  .checkMFClasses(attr(attr(mf, "terms"), "dataClasses")[-1], m)
  X <- model.matrix(tt, m, contrasts.arg = attr(X0, "contrasts"))
  list(formula = text, names = I(as.character(colnames(X))), X = columns(X))
}, error = function(e) c(list(formula = text), told(e)))

mixed <- function(text) tryCatch({
  lf <- lFormula(as.formula(text), d, control = lmerControl(check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore",
    check.nlev.gtr.1 = "ignore", check.nobs.vs.rankZ = "ignore", check.nlev.gtreq.5 = "ignore", check.rankX = "silent.drop.cols"))
  re <- lf$reTrms; Z <- as.matrix(re$Zt)
  list(formula = text, names = I(as.character(colnames(lf$X))), X = columns(lf$X), dropped = I(as.character(names(attr(lf$X, "col.dropped")))),
       groups = I(names(re$cnms)), coefs = lapply(unname(re$cnms), I), levels = lapply(re$flist[attr(re$flist, "assign")], function(f) I(levels(f))) |> unname(),
       Gp = I(re$Gp), Z = columns(t(Z)), flist = I(names(re$flist)), assign = I(attr(re$flist, "assign") - 1L))
}, error = function(e) c(list(formula = text), told(e)))

aliased <- function(text) { fit <- lm(as.formula(text), d); list(formula = text, names = I(names(coef(fit))), dropped = I(names(which(is.na(coef(fit)))))) }

F <- c(
  # the coding rule: one, two and three variables in many orders
  "y ~ x", "y ~ f", "y ~ l", "y ~ ch", "y ~ o", "y ~ u", "y ~ lt", "y ~ 0 + lt", "y ~ 0 + f", "y ~ f - 1", "y ~ 0 + o", "y ~ 0 + u", "y ~ 0 + l",
  "y ~ x:f", "y ~ f:x", "y ~ f:g", "y ~ g:f", "y ~ f + f:g", "y ~ g + f:g", "y ~ f*g", "y ~ g*f", "y ~ f/g", "y ~ g %in% f", "y ~ f + g %in% f",
  "y ~ 0 + f:g", "y ~ 0 + x + f:g", "y ~ 0 + x:f", "y ~ 0 + x:f + g", "y ~ 0 + x + x:f + g", "y ~ 0 + f:g + a", "y ~ 0 + f + g + a", "y ~ 0 + l + f",
  "y ~ 0 + x:z + f", "y ~ 0 + x:l", "y ~ 0 + l:f", "y ~ l:f", "y ~ l:x", "y ~ l*f", "y ~ l*x", "y ~ o:f", "y ~ o*f", "y ~ o:x + f", "y ~ ch:f", "y ~ u:x",
  "y ~ a:b:f", "y ~ a + a:b:f", "y ~ a + b + a:b:f", "y ~ a*b + a:b:f", "y ~ a:b + b:f + a:b:f", "y ~ a:b + a:f + b:f + a:b:f", "y ~ b + a:b + a:b:f",
  "y ~ 0 + a + b + a:b:f", "y ~ 0 + a:b:f", "y ~ x:a + a:b", "y ~ x:a + x:b", "y ~ x:a:b", "y ~ a:x + b:x + a:b:x", "y ~ x + x:a:b", "y ~ x:a + x:a:b",
  "y ~ (a + b + f)^2", "y ~ (a + b + f)^3 - a:b", "y ~ (a + b + f)^3 - a", "y ~ a*b*x - a:b:x", "y ~ (x + a + b)^2 - x", "y ~ a*b - a", "y ~ a*b - b", "y ~ a*b - a - b",
  "y ~ a/b/f", "y ~ a/(b + f)", "y ~ (a + b)/f", "y ~ x/f", "y ~ f/x", "y ~ a %in% b", "y ~ a %in% (b + f)", "y ~ x*a + z:a", "y ~ z:x:a + x", "y ~ a:b + x:z",
  "y ~ x*z*f", "y ~ x:z + z:x", "y ~ x + x", "y ~ f:f", "y ~ x*x", "y ~ (f + x)^2 - x", "y ~ f*x - x", "y ~ f*x - f", "y ~ f:x - 1", "y ~ x + f:x", "y ~ x + f:x - 1",
  "y ~ x:f + z:f", "y ~ f + x:f + z:f + x:z:f", "y ~ x:z:f", "y ~ a + x:a:b", "y ~ b:a + a", "y ~ a:b + b", "y ~ f:g:x + f:g", "y ~ 1", "y ~ 0 + x", "y ~ -1 + x + f",
  "y ~ x + 0 + f", "y ~ f + 0 + x", "y ~ (x - 1) + f", "y ~ x - 1 + 1", "y ~ 1 + 0", "y ~ NULL + x", "y ~ x + NULL", "y ~ 0 + x + 1", "y ~ f - f + g", "y ~ -1 + f:x + g",
  "y ~ a + b - 1 + a:b", "y ~ a*b*f", "y ~ 0 + a*b*f", "y ~ x + a*b*l", "y ~ `odd name`", "y ~ `odd name`:f", "y ~ log(`odd name`)", "y ~ I(`odd name`^2)*f",
  "~ x", "~ f:x", "y ~ o*l", "y ~ (o + l + x)^2", "y ~ u*f", "y ~ ch*x", "y ~ ch + f:ch", "y ~ n.trials*f", "y ~ (x + z)^2 + f", "y ~ f + (x + z)^3",
  # calls
  "y ~ log(z)", "y ~ log(z, 2)", "y ~ log(z, base = 10)", "y ~ log(base = 2, z)", "y ~ log2(z)", "y ~ log10(z)", "y ~ log1p(z)", "y ~ exp(x)", "y ~ expm1(x)", "y ~ sqrt(z)", "y ~ abs(x)",
  "y ~ round(x)", "y ~ round(x, 1)", "y ~ floor(x)", "y ~ ceiling(x)", "y ~ trunc(x)", "y ~ sign(x)", "y ~ sin(x) + cos(x) + tan(x)", "y ~ tanh(x)", "y ~ plogis(x)", "y ~ qlogis(s/(n.trials + 1))", "y ~ pnorm(x)", "y ~ qnorm(plogis(x))",
  "y ~ dnorm(x)", "y ~ I(x^2)", "y ~ I(x^2 + z)", "y ~ I(x*z)", "y ~ I(-x)", "y ~ I(x/z)", "y ~ I(k %% 2)", "y ~ I(k %/% 2)", "y ~ I(-x %% 2)", "y ~ I(x > 0)", "y ~ (x > 0)", "y ~ x > 0", "y ~ f == \"a\"", "y ~ f != 'a'", "y ~ o > \"lo\"", "y ~ o >= 'mid'",
  "y ~ ch == 'beta'", "y ~ ch < 'b'", "y ~ I(x > 0 & z > 2)", "y ~ I(x > 0 | z > 3)", "y ~ !l", "y ~ I(!l)", "y ~ xor(l, x > 0)", "y ~ I(f %in% c('a', 'b'))", "y ~ (k %in% 1:2)", "y ~ I(as.numeric(x > 0) * z)", "y ~ I((x > 0) * z)", "y ~ I(l * x)", "y ~ I(l + 0)",
  "y ~ as.numeric(f)", "y ~ as.integer(u)", "y ~ as.numeric(l)", "y ~ as.integer(x)", "y ~ as.numeric(as.character(k))", "y ~ as.numeric(o)", "y ~ as.logical(k - 1L)", "y ~ as.character(k)", "y ~ as.character(f)", "y ~ as.factor(k)", "y ~ factor(k)*x", "y ~ factor(big)", "y ~ factor(x)", "y ~ factor(z > 2)",
  "y ~ factor(l)", "y ~ factor(f, levels = c('c', 'a', 'b'))", "y ~ factor(f, levels = c('c', 'a'))", "y ~ factor(k, labels = c('one', 'two', 'three'))", "y ~ factor(k, labels = 'L')", "y ~ factor(k, levels = 3:1)", "y ~ factor(k, levels = 1:3, labels = c('u', 'v', 'u'))", "y ~ factor(ch, levels = c('gamma', 'beta', 'Alpha'))", "y ~ factor(k, ordered = TRUE)", "y ~ factor(f, exclude = 'a')",
  "y ~ factor(u)", "y ~ droplevels(u)", "y ~ ordered(k)", "y ~ ordered(f)", "y ~ ordered(f, levels = c('c', 'b', 'a'))", "y ~ as.ordered(k)", "y ~ factor(o, ordered = FALSE)", "y ~ relevel(f, ref = 'c')", "y ~ relevel(f, 2)", "y ~ relevel(factor(k), ref = '3')", "y ~ relevel(u, 'p')", "y ~ relevel(as.factor(ch), 'gamma')", "y ~ relevel(f, ref = \"b\"):x",
  "y ~ interaction(f, g)", "y ~ interaction(f, k)", "y ~ interaction(f, g, sep = '_')", "y ~ interaction(g, f, drop = TRUE)", "y ~ interaction(f, g, lex.order = TRUE)", "y ~ interaction(a, b, l)", "y ~ 0 + interaction(f, g)", "y ~ factor(f:g)", "y ~ reorder(f, y)", "y ~ paste(f, g)", "y ~ paste0(f, k)", "y ~ paste(f, g, sep = '-')", "y ~ toupper(ch)", "y ~ substr(ch, 1, 1)", "y ~ nchar(ch)",
  "y ~ cut(x, c(-3, 0, 1, 3))", "y ~ cut(x, 3)", "y ~ cut(x, 4, labels = FALSE)", "y ~ cut(x, c(-3, 0, 3), labels = c('neg', 'pos'))", "y ~ cut(x, breaks = c(-2, 0, 2.75), include.lowest = TRUE)", "y ~ cut(x, c(-2, 0, 2.75), right = FALSE)", "y ~ cut(x, c(-2, 0, 2.75), right = FALSE, include.lowest = TRUE)", "y ~ cut(z, 3, dig.lab = 2)", "y ~ cut(z, c(0, 2, 5), ordered_result = TRUE)", "y ~ cut(x, quantile(x), include.lowest = TRUE)", "y ~ cut(big, c(0, 1, 100, 1e6))", "y ~ cut(x, c(-Inf, 0, Inf))", "y ~ factor(cut(x, 3))", "y ~ as.numeric(cut(x, 3))",
  "y ~ ifelse(x > 0, 1, 0)", "y ~ ifelse(x > 0, x, z)", "y ~ ifelse(f == 'a', 'A', 'other')", "y ~ ifelse(l, x, 0)", "y ~ ifelse(f == 'a', f, 0)", "y ~ ifelse(x > 0, TRUE, FALSE)", "y ~ is.na(xna)", "y ~ ifelse(is.na(xna), 0, xna)", "y ~ pmin(x, 1)", "y ~ pmax(x, 0, z - 3)", "y ~ pmin(x, z, na.rm = TRUE)", "y ~ pmin(xna, 2, na.rm = TRUE)", "y ~ I(x - mean(x))", "y ~ I((x - mean(x))/sd(x))", "y ~ I(xna - mean(xna, na.rm = TRUE))", "y ~ I(x/max(x))", "y ~ I(x - min(x))", "y ~ I(x/sum(x))", "y ~ I(x > median(x))", "y ~ cumsum(x)", "y ~ rev(x)", "y ~ I(x * pi)", "y ~ seq(1, 14)", "y ~ seq_along(x)", "y ~ rep(1:7, 2)", "y ~ rep(c(1, 2), each = 7)", "y ~ rep(1:2, times = 7)", "y ~ rep(c('p', 'q'), 7)", "y ~ I(1:14)", "y ~ I(length(x) * x)", "y ~ I(nlevels(f) * x)", "y ~ c(x)", "y ~ as.vector(scale(x))", "y ~ z[1:14]", "y ~ I(x^-1)", "y ~ I(2^x)", "y ~ I(x^2):f", "y ~ I(x) + I(z)", "y ~ I(f)", "y ~ I(ch)", "y ~ I(l)", "y ~ identity(x)", "y ~ sqrt(z)*f", "y ~ log(z):log(z + 1)", "y ~ sqrt(abs(x))", "y ~ I(round(x) == 0)", "y ~ max(x) + z", "y ~ I(x %in% c(1, 0.5))", "y ~ I(ifelse(l, 1, 2) * x)",
  # matrices
  "y ~ poly(x, 2)", "y ~ poly(x, 3)*f", "y ~ poly(x, degree = 2)", "y ~ poly(x, 2, raw = TRUE)", "y ~ poly(x, degree = 3, raw = TRUE)", "y ~ poly(x, 1)", "y ~ poly(x, z, degree = 2)", "y ~ poly(x, z, degree = 2, raw = TRUE)", "y ~ poly(z, 5)", "y ~ f:poly(x, 2)", "y ~ poly(x, 2):poly(z, 2)", "y ~ poly(log(z), 2)", "y ~ poly(xna, 2, raw = TRUE)", "y ~ poly(cbind(x, z), 2)", "y ~ poly(k, 2)",
  "y ~ bs(x)", "y ~ bs(x, df = 5)", "y ~ bs(x, df = 4, degree = 2)", "y ~ bs(x, knots = c(0, 1))", "y ~ bs(x, df = 5, intercept = TRUE)", "y ~ bs(x, knots = 0.5, Boundary.knots = c(-3, 4))", "y ~ bs(x, degree = 1, knots = 0)", "y ~ bs(xna, df = 4)", "y ~ ns(x)", "y ~ ns(x, 3)", "y ~ ns(x, df = 4)", "y ~ ns(x, knots = c(-0.5, 1))", "y ~ ns(x, df = 3, intercept = TRUE)", "y ~ ns(x, df = 3, Boundary.knots = c(-1, 2))", "y ~ ns(x, df = 2)*f", "y ~ bs(x, df = 5, Boundary.knots = c(-1, 2))", "y ~ splines::ns(x, 3)", "y ~ splines::bs(x, 4)", "y ~ stats::poly(x, 2)", "y ~ base::log(z)",
  "y ~ scale(x)", "y ~ scale(x, scale = FALSE)", "y ~ scale(x, center = FALSE)", "y ~ scale(x, center = 1, scale = 2)", "y ~ scale(x, TRUE, FALSE)", "y ~ scale(xna)", "y ~ scale(cbind(x, z))", "y ~ scale(x):f", "y ~ scale(log(z))", "y ~ I(scale(x)^2)", "y ~ scale(scale(x))", "y ~ scale(k)", "y ~ scale(l)", "y ~ cbind(x, z)", "y ~ cbind(x, z):f", "y ~ cbind(a = x, b = z)", "y ~ cbind(x, log(z))", "y ~ cbind(x)", "y ~ cbind(x, 1)", "y ~ cbind(x, z)[, 1]", "y ~ log(cbind(z, k))", "y ~ cbind(1:14)", "y ~ scale(x) > 0", "y ~ I(scale(x) > 0)*z", "y ~ l:scale(x)", "y ~ factor(scale(x) > 0)", "y ~ ifelse(scale(x) > 0, 1, 0)", "y ~ I(scale(x) + z)*f", "y ~ abs(scale(x))", "y ~ log(scale(z) + 3)", "y ~ poly(x, 2)[, 1]", "y ~ exp(poly(x, 2))", "y ~ pmax(scale(x), 0)", "y ~ cut(scale(x), 3)", "y ~ as.numeric(scale(x))", "y ~ round(poly(x, 2), 2)", "y ~ I(-scale(x))", "y ~ I(x^2L)", "y ~ sqrt(k)", "y ~ as.factor(big)", "y ~ as.factor(l)", "y ~ (f == 'a'):x", "y ~ (f == 'a')*x", "y ~ l:g", "y ~ lt:x", "y ~ 0 + lt:f", "y ~ I(f == 'a' & x > 0)", "y ~ I(scale(x)[, 1])", "y ~ is.na(cbind(xna, x))", "y ~ cbind(x, z) > 0", "y ~ I(x > 0):f", "y ~ I(z^2):I(x^3)", "y ~ log(z + 1)*sqrt(z)", "y ~ I(1/z)", "y ~ I((x + z)/2)", "y ~ exp(-x^2)", "y ~ I(x*(x > 0))", "y ~ as.integer(x > 0)", "y ~ as.numeric(f == 'a')", "y ~ factor(ifelse(x > 0, 'pos', 'neg'))", "y ~ factor(round(x))", "y ~ factor(paste(f, g))", "y ~ as.factor(k):x", "y ~ cut(z, breaks = c(0, 2, 3, 5), labels = c('lo', 'mid', 'hi'))*x", "y ~ cut(x, c(-3, 0, 3), ordered_result = TRUE)*f", "y ~ relevel(factor(ch), ref = 'gamma')*g", "y ~ factor(o, levels = c('hi', 'mid', 'lo'))", "y ~ ordered(k, levels = 3:1)", "y ~ ordered(k)*x", "y ~ 0 + ordered(k)", "y ~ 0 + x + ordered(k)", "y ~ x + x^2", "y ~ (x + f)^2 + (x + g)^2", "y ~ f*g*l*x - f:g:l:x", "y ~ I(x) - 1 + f", "y ~ cbind(log(z), x^2)",
  # responses and offsets
  "log(y) ~ x", "y > 3 ~ x", "I(y^2) ~ x", "cbind(s, n.trials - s) ~ x", "s/n.trials ~ x", "y ~ x + offset(z)", "y ~ offset(log(z)) + x + offset(k)", "y ~ offset(z)", "y ~ x + offset(z) - 1", "y ~ f + offset(log(n.trials))", "y ~ offset(z):x", "y ~ x*offset(z)", "f ~ x", "l ~ x", "as.numeric(l) ~ x", "y + z ~ x", "y - 1 ~ x", "-y ~ x", "scale(y) ~ x", "sqrt(y)*2 ~ f",
  # missing values
  "y ~ xna", "y ~ fna", "y ~ xna*fna", "xna ~ x", "y ~ lna", "y ~ x + lna", "y ~ fna + u", "y ~ x - xna", "y ~ scale(xna) + fna", "y ~ poly(x, 2) + xna", "y ~ x + offset(xna)", "y ~ log(x)", "y ~ factor(xna > 2)", "y ~ is.na(fna)", "y ~ factor(fna)", "y ~ cut(xna, c(0, 2, 5))", "y ~ interaction(fna, g)", "y ~ cut(x, c(0, 1, 3))", "y ~ ifelse(fna == 'm', 1, 0)", "y ~ as.numeric(fna)", "y ~ pmax(xna, 1)", "y ~ xna:f", "y ~ 1 + xna",
  # C() and contrasts in the formula
  "y ~ C(f)", "y ~ C(f, sum)", "y ~ C(f, contr.sum)", "y ~ C(f, 'contr.sum')", "y ~ C(f, helmert)", "y ~ C(f, contr.helmert)", "y ~ C(f, treatment)", "y ~ C(f, contr.treatment)", "y ~ C(f, contr.treatment, base = 2)", "y ~ C(f, treatment, base = 3)", "y ~ C(f, SAS)", "y ~ C(f, contr.SAS)", "y ~ C(f, poly)", "y ~ C(o, treatment)", "y ~ C(o, sum)", "y ~ C(o, poly, 1)", "y ~ C(o, contr.poly, how.many = 1)", "y ~ C(f, sum, 1)", "y ~ C(f, contr.treatment(3))", "y ~ C(f, contr.treatment(3, base = 3))", "y ~ C(f, contr.sum(3))", "y ~ C(f, contr.helmert(3))", "y ~ C(f, c(-1, 0, 1))", "y ~ C(f, cbind(c(1, -1, 0), c(0, 1, -1)))", "y ~ C(f, sum)*x", "y ~ C(f, sum):C(g, sum)", "y ~ 0 + C(f, sum)", "y ~ C(u, sum)", "y ~ C(ch, sum)", "y ~ C(factor(k), sum)", "y ~ C(f, sum) + f", "y ~ C(l, sum)",
  # refused by R
  "y ~ log(f)", "y ~ log(ch)", "y ~ scale(f)", "y ~ scale(ch)", "y ~ nope", "y ~ nope(x)", "y ~ x + c(1, 2)", "y ~ poly(x, 20)", "y ~ poly(x, 0)", "y ~ poly(xna, 2)", "y ~ factor(rep(1, 14))", "y ~ relevel(f, 'zzz')", "y ~ relevel(o, 'mid')", "y ~ relevel(x, 1)", "y ~ cut(x, c(0, 0, 1))", "y ~ cut(x, 1)", "y ~ cut(f, 3)", "y ~ log(x, y, z)", "y ~ sqrt()", "y ~ exp('a')", "y ~ C(x, sum)", "y ~ I(ch + 1)", "y ~ mean", "y ~ f[1:3]", "y ~ x[1:3]", "y ~ C(f, contr.sum(4))", "y ~ cut(x, c(-3, 0, 3), labels = c('one', 'two', 'three'))", "y ~ factor(k, labels = c('a', 'b'))", "y ~ bs(f)", "y ~ ns(ch)", "y ~ abs(f)", "y ~ round(f)", "y ~ -f", "y ~ max(f)", "y ~ sum(ch)", "y ~ C(f, nosuch)", "y ~ cbind(x, ch)", "y ~ x[[3]]", "y ~ x$z", "y ~ log(z, zz = 2)", "y ~ ordered(f, levels = 'a')"
)
with_contrasts <- list(
  list("y ~ f", list(f = "contr.sum")), list("y ~ f*x", list(f = "contr.helmert")), list("y ~ f*g", list(f = "contr.sum", g = "contr.sum")), list("y ~ f*g", list(f = "contr.sum")),
  list("y ~ o", list(o = "contr.treatment")), list("y ~ o + f", list(o = "contr.helmert")), list("y ~ f", list(f = "contr.SAS")), list("y ~ f", list(f = "contr.poly")), list("y ~ l", list(l = "contr.sum")), list("y ~ l*f", list(l = "contr.sum")),
  list("y ~ ch", list(ch = "contr.sum")), list("y ~ factor(k)", list(`factor(k)` = "contr.sum")), list("y ~ 0 + f", list(f = "contr.sum")), list("y ~ 0 + f + g", list(g = "contr.sum")), list("y ~ f", list(g = "contr.sum")), list("y ~ u", list(u = "contr.sum")),
  list("y ~ f", list(f = matrix(c(1, 0, -1, 1, -2, 1), 3))), list("y ~ f", list(f = matrix(c(1, 0, -1, 1, -2, 1), 3, dimnames = list(NULL, c("lin", "quad"))))), list("y ~ f*x", list(f = matrix(c(1, 0, -1), 3, dimnames = list(NULL, "lin")))), list("y ~ f", list(f = matrix(c(1, 0, -1), 3))), list("y ~ e", list(e = matrix(c(1, 1, 0, -1, -1), 5))),
  list("y ~ f", list(f = matrix(1:4, 2))), list("y ~ f", list(f = matrix(c(1, 1, 1), 3))), list("y ~ x", list(x = "contr.sum")), list("y ~ f", list(f = "contr.nosuch")), list("y ~ fna", list(fna = "contr.sum"))
)
with_default <- list(
  list("y ~ f + o", c("contr.sum", "contr.poly")), list("y ~ f*g", c("contr.sum", "contr.poly")), list("y ~ f*o", c("contr.helmert", "contr.treatment")), list("y ~ l", c("contr.sum", "contr.poly")), list("y ~ l*ch", c("contr.helmert", "contr.poly")),
  list("y ~ f", c("contr.SAS", "contr.poly")), list("y ~ C(f)", c("contr.sum", "contr.poly")), list("y ~ 0 + f + g", c("contr.sum", "contr.poly")), list("y ~ o", c("contr.treatment", "contr.treatment")), list("y ~ o:f", c("contr.sum", "contr.sum")), list("y ~ u*l", c("contr.sum", "contr.poly"))
)
with_subset <- list(list("y ~ f", "x > 0"), list("y ~ poly(x, 2)", "l"), list("y ~ scale(x) + xna", "z > 1"), list("y ~ u", "u != 'q'"), list("y ~ factor(k)", "k < 3"), list("y ~ f*x", "1:9"), list("y ~ f", "-(1:3)"), list("y ~ C(f, sum)", "f != 'c'"), list("y ~ x", "lna"), list("y ~ o", "o > 'lo'"))
with_pass <- c("y ~ xna", "y ~ fna", "y ~ xna*fna", "y ~ lna", "y ~ f + lna:x", "y ~ scale(xna)")
N <- c("~ x", "~ f", "~ o", "~ u", "~ l", "~ ch", "~ f*x", "~ l*x", "~ f:g", "~ 0 + f", "~ a*b", "~ poly(x, 2)", "~ poly(x, 2)*f", "~ poly(x, z, degree = 2)", "~ poly(x, 2, raw = TRUE)", "~ bs(x, df = 5)", "~ bs(z, df = 4)", "~ ns(x, 3)", "~ ns(z, df = 4)", "~ scale(x)", "~ scale(x)*f", "~ scale(cbind(x, z))", "~ scale(x, scale = FALSE)", "~ I(scale(x)^2)", "~ log(z)", "~ factor(k)", "~ factor(k)*x", "~ as.factor(ch)", "~ relevel(f, 'b')", "~ C(f, sum)", "~ interaction(f, g)", "~ factor(big)", "~ cut(x, c(-3, 0, 1, 4))", "~ ifelse(x > 0, 'p', 'n')", "~ I(x - mean(x))", "~ factor(x > 0)", "~ x > 0", "~ ordered(k)", "~ ns(log(z), 2)", "~ f == 'c'", "~ xna", "~ I(x^2) + exp(x)", "~ cbind(x, z)", "~ `odd name`*f", "~ factor(k, labels = c('u', 'v', 'w'))", "~ paste0(f, '!')", "~ poly(x, 2):l", "~ splines::ns(x, 3)", "~ ns(x, knots = c(-0.5, 1))", "~ pmin(x, 1)", "~ droplevels(u)")
M <- c("y ~ x + (1 | f)", "y ~ (x | f)", "y ~ (0 + x | f)", "y ~ (x - 1 | f)", "y ~ (1 + x + z | f)", "y ~ (x || f)", "y ~ (x + z || f)", "y ~ (f || g)", "y ~ (x*z || f)", "y ~ (0 + x || f)", "y ~ (f + x || g)", "y ~ x + (1 | a/b)", "y ~ (x | a/b)", "y ~ (x || a/b)", "y ~ (1 | a:b)", "y ~ (1 | b:a)", "y ~ (1 | a/b/f)", "y ~ (1 | a:b:f)", "y ~ (1 | f) + (1 | e)", "y ~ (1 | e) + (1 | f)", "y ~ (1 | g) + (1 | f) + (1 | e)", "y ~ (1 | f) + (1 | a)", "y ~ (1 | f) + (1 | a) + (1 | e)", "y ~ (1 | g) + (1 | b) + (1 | f) + (1 | a)", "y ~ (1 | e) + (1 | f) + (1 | a)", "y ~ (1 | f) + (0 + x | f)", "y ~ (1 | g) + (0 + x | f) + (1 | f)", "y ~ (1 | f) + (1 | g) + (x | e)",
  "y ~ (f | e)", "y ~ (0 + f | e)", "y ~ (f:x | e)", "y ~ (f*x | e)", "y ~ (0 + f:g | e)", "y ~ (f:g | e)", "y ~ (0 + f + g | e)", "y ~ (l | e)", "y ~ (0 + l | e)", "y ~ (o | e)", "y ~ (ch | e)", "y ~ (u | e)", "y ~ (poly(x, 2) | e)", "y ~ (scale(x) | e)", "y ~ (log(z) | e)", "y ~ (I(x^2) | e)", "y ~ (factor(k) | e)", "y ~ (C(f, sum) | e)", "y ~ (x > 0 | e)", "y ~ (ns(x, 2) | e)", "y ~ (0 + x:z | e)", "y ~ (f/x | e)", "y ~ (1 | k)", "y ~ (1 | ch)", "y ~ (1 | l)", "y ~ (1 | u)", "y ~ (1 | o)", "y ~ (1 | k:f)", "y ~ (1 | f:k)", "y ~ (1 | ch:l)", "y ~ (1 | k/ch)", "y ~ (x | k)", "y ~ (1 | big)", "y ~ (1 | (a:b))", "y ~ (1 | (f))", "y ~ x + (1 | fna)", "y ~ xna + (1 | f)", "y ~ (xna | f)", "y ~ (1 | fna:f)", "y ~ xna + (1 | fna/g)", "y ~ f*x + (f | e) + (1 | a:b)", "y ~ 0 + f + (1 | e)", "y ~ offset(z) + x + (1 | f)", "cbind(s, n.trials - s) ~ x + (1 | f)", "log(y) ~ x + (x | f)", "y ~ `odd name` + (`odd name` | f)", "y ~ (1 | f) + x + (0 + z | f)", "y ~ x*f - x + (1 | e)", "y ~ f + I(2*x) + x + (1 | e)", "y ~ x + I(x + 0) + z + (1 | f)", "y ~ a:b + (1 | f)", "y ~ a*b*f + (1 | e)", "y ~ scale(x) + poly(z, 2) + (scale(x) | f)", "y ~ (k | k)", "y ~ (0 + k | k:f)", "y ~ 1 + (1 | f) + (1 | f:g) + (1 | f:g:b)", "y ~ (1 | g/f) + (1 | e)", "y ~ (x | g) + (1 | b)", "y ~ (1 | b) + (x | g)",
  "y ~ x + (1 | nope)", "y ~ (nope | f)", "y ~ (1 | x + z)", "y ~ (x || f:nope)")
A <- c("y ~ x + I(2*x) + z", "y ~ f + g + f:g:b + a:b", "y ~ a:b", "y ~ f + I(f == 'a')", "y ~ x + z + I(x + z) + I(x - z) + f", "y ~ 0 + f + g + I(g == 'no')", "y ~ lt + x", "y ~ poly(x, 3) + x", "y ~ x + I(x*1e8) + I(x + 1e-9*z)", "y ~ I(x + 1e6) + x", "y ~ a*b*f", "y ~ a*b*f*x", "y ~ 0 + x:f + x", "y ~ I(x*0) + x", "y ~ C(f, sum) + f", "y ~ e*f")

out <- list(
  meta = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")), contrasts = c("contr.treatment", "contr.poly")),
  data = lapply(d, function(v) if (is.factor(v)) list(levels = levels(v), ordered = is.ordered(v), codes = as.integer(v)) else v),
  newdata = lapply(nd, function(v) if (is.factor(v)) list(levels = levels(v), ordered = is.ordered(v), codes = as.integer(v)) else v),
  fixed = c(lapply(F, fixed),
            lapply(with_contrasts, function(w) { r <- fixed(w[[1]], contrasts = w[[2]])
              r$contrasts <- lapply(w[[2]], function(m) if (is.matrix(m)) list(matrix = unname(m), columns = if (!is.null(colnames(m))) I(colnames(m))) else m); r }),
            lapply(with_default, function(w) fixed(w[[1]], default = w[[2]])),
            lapply(with_subset, function(w) fixed(w[[1]], subset = w[[2]])),
            lapply(with_pass, function(w) fixed(w, na = "na.pass"))),
  fresh = lapply(N, fresh), mixed = lapply(M, mixed), aliased = lapply(A, aliased))
out$columns <- pool$columns
cat(toJSON(out, auto_unbox = TRUE, digits = 14, na = "null", null = "null"), file = commandArgs(TRUE)[1])
