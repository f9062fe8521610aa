# brms's programs and data: Rscript peer_families.R TASKS.json, a list of data, formula, family (R's code), factor and out;
# each writes OUT.stan and OUT.json, or OUT.txt with why not. Prints brms's version.
suppressMessages(library(brms))
# brms 2.18 writes arrays as Stan did before 2.26 (`int J_1[N];`); today's compilers read `array[N] int J_1;`.
declared <- "^(\\s*)((?:int|real|vector|matrix)(?:<[^>]*>)?(?:\\[[^]]*\\])?) (\\w+)\\[([^]]+)\\];"
written <- function(one) {
  d <- read.csv(one$data)
  for (name in intersect(c("g", unlist(one$factor)), names(d))) d[[name]] <- factor(d[[name]])
  if (!is.null(one$several)) d$y <- as.matrix(d[, unlist(one$several)])
  formula <- as.formula(one$formula)
  family <- eval(parse(text = one$family))
  text <- strsplit(make_stancode(formula, d, family), "\n")[[1]]
  text <- sub("^(\\s*)int Y\\[N, ncat\\];", "\\1array[N, ncat] int Y;", text)
  text <- sub("(\\w+)\\[\\] (\\w+)([,)])", "array[] \\1 \\2\\3", text)
  writeLines(sub(declared, "\\1array[\\4] \\2 \\3;", text, perl = TRUE), paste0(one$out, ".stan"))
  data <- unclass(make_standata(formula, d, family))
  data <- lapply(data[names(data)], function(x) if (length(dim(x)) == 1) I(as.vector(x)) else x)
  writeLines(jsonlite::toJSON(data, auto_unbox = TRUE, digits = NA), paste0(one$out, ".json"))
}
for (one in jsonlite::fromJSON(commandArgs(trailingOnly = TRUE)[1], simplifyVector = FALSE)) {
  tryCatch(written(one), error = function(e) writeLines(conditionMessage(e), paste0(one$out, ".txt")))
}
cat(as.character(packageVersion("brms")))
