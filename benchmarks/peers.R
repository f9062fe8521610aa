# One peer on one case: Rscript peers.R PACKAGE DATA.csv FORMULA FAMILY FACTORS SEED OUT
# OUT gets seconds and version; OUT.draws what rstanarm drew, chain after chain, as CSV with a column a parameter.
args <- commandArgs(trailingOnly = TRUE)
package <- args[1]; formula <- as.formula(args[3]); family <- args[4]; seed <- as.integer(args[6]); out <- args[7]
d <- read.csv(args[2], check.names = FALSE)
for (f in strsplit(args[5], ",")[[1]]) d[[f]] <- factor(d[[f]])
options(mc.cores = 2)
suppressMessages(library(lme4))
if (package == "lme4") {
  s <- system.time(m <- if (family == "gaussian") lmer(formula, d) else glmer(formula, d, family))[["elapsed"]]
} else {
  suppressMessages(library(rstanarm))
  s <- system.time(m <- stan_glmer(formula, data = d, family = family, chains = 4, iter = 2000, refresh = 0,
                                   seed = seed))[["elapsed"]]
}
found <- data.frame(seconds = s, version = paste(package, packageVersion(package)))
if (package == "rstanarm") {
  found$divergences <- rstan::get_num_divergent(m$stanfit)
  a <- as.array(m)
  keep <- !grepl("^b\\[", dimnames(a)[[3]])
  flat <- as.data.frame(matrix(a[, , keep], ncol = sum(keep)))
  names(flat) <- dimnames(a)[[3]][keep]
  flat$.chain <- rep(seq_len(dim(a)[2]), each = dim(a)[1])
  write.csv(flat, paste0(out, ".draws"), row.names = FALSE)
}
write.csv(found, out, row.names = FALSE)
