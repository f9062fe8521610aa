# Writes what brms gives for a formula with a part for zeros: its program and its data; prints brms's version.
# Rscript brms_zeros.R rows.csv case out
suppressMessages(library(brms))
arguments <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(arguments[1])
formulas <- list(
  "sal-zinb" = bf(count ~ mined + DOP + (1 | site), zi ~ mined),
  "owls-zinb-x" = bf(SiblingNegotiation ~ FoodTreatment + SexParent + offset(logBroodSize) + (1 | Nest), zi ~ FoodTreatment),
  "bio-zip" = bf(art ~ fem + mar + kid5 + ment, zi ~ fem + ment),
  "roaches-zinb" = bf(y ~ sqrt(roach1) + treatment + senior + offset(log(exposure2)), zi ~ sqrt(roach1))
)
levels <- list(mined = c("yes", "no"), fem = c("Men", "Women"), mar = c("Single", "Married"))
for (name in intersect(names(levels), names(rows))) rows[[name]] <- factor(rows[[name]], levels = levels[[name]])
family <- if (arguments[2] == "bio-zip") zero_inflated_poisson() else zero_inflated_negbinomial()
formula <- formulas[[arguments[2]]]
code <- make_stancode(formula, rows, family)
data <- make_standata(formula, rows, family)
# Stan has written arrays otherwise since 2.33
code <- gsub("int<lower=1> (J_\\d+)\\[N\\];", "array[N] int<lower=1> \\1;", code, perl = TRUE)
code <- gsub("int Y\\[N\\];", "array[N] int Y;", code)
code <- gsub("vector\\[(N_\\d+)\\] (z_\\d+)\\[(M_\\d+)\\];", "array[\\3] vector[\\1] \\2;", code, perl = TRUE)
writeLines(code, paste0(arguments[3], ".stan"))
class(data) <- "list"
keep <- lapply(data, function(x) if (length(dim(x)) == 1) I(as.vector(x)) else x)
writeLines(jsonlite::toJSON(keep, auto_unbox = TRUE, digits = NA), paste0(arguments[3], ".json"))
cat(as.character(packageVersion("brms")))
