# brms's program and data of two predictors with groups, for brms_stacked.py: Rscript brms_stacked.R DATA.csv FAMILY OUT BAR.
args <- commandArgs(trailingOnly = TRUE)
suppressMessages({library(brms); library(jsonlite)})
d <- read.csv(args[1])
d$g <- factor(d$g)
side <- paste("~ x +", args[4])
formula <- bf(paste("y", side), paste("sigma", side))
text <- strsplit(make_stancode(formula, d, family = args[2]), "\n")[[1]]
# brms 2.18 writes arrays as Stan did before 2.26 (`int J_1[N];`); today's compilers read `array[N] int J_1;`.
declared <- "^(\\s*)((int|real|vector|matrix)(<[^>]*>)?(\\[[^]]*\\])?) (\\w+)\\[(\\w+)\\];"
writeLines(sub(declared, "\\1array[\\7] \\2 \\6;", text), paste0(args[3], ".stan"))
data <- make_standata(formula, d, family = args[2])
writeLines(toJSON(unclass(data)[names(data)], auto_unbox = TRUE, digits = NA), paste0(args[3], ".json"))
cat(as.character(packageVersion("brms")))
