# brms's program and data for one case: Rscript peer_brms.R DATA.csv FORMULA FAMILY FACTORS OUT writes OUT.stan, OUT.json.
args <- commandArgs(trailingOnly = TRUE)
formula <- as.formula(args[2]); out <- args[5]
d <- read.csv(args[1], check.names = FALSE)
for (f in strsplit(args[4], ",")[[1]]) d[[f]] <- factor(d[[f]])
suppressMessages(library(brms))
text <- strsplit(make_stancode(formula, d, args[3]), "\n")[[1]]
# brms 2.18 writes arrays as Stan did before 2.26 (`int J_1[N];`); today's compilers read `array[N] int J_1;`.
declared <- "^(\\s*)((int|real|vector|matrix)(<[^>]*>)?(\\[[^]]*\\])?) (\\w+)\\[(\\w+)\\];"
writeLines(sub(declared, "\\1array[\\7] \\2 \\6;", text), paste0(out, ".stan"))
data <- make_standata(formula, d, args[3])
writeLines(jsonlite::toJSON(unclass(data)[names(data)], auto_unbox = TRUE, digits = NA), paste0(out, ".json"))
cat(as.character(packageVersion("brms")))
