# Rewrites formulas.json beside it: its formulas stay, R's answers to them are made anew.  Rscript formulas.R formulas.json
suppressMessages({library(jsonlite); library(lme4)})
path <- commandArgs(trailingOnly = TRUE)[1]
asked <- read_json(path)
text <- function(x) paste(deparse(x, width.cutoff = 500), collapse = " ")
list_of <- function(x) I(as.character(x))

answer_terms <- function(row) tryCatch({
  t <- terms(as.formula(row[[1]]))
  variables <- vapply(as.list(attr(t, "variables"))[-1], text, "")
  list(row[[1]], attr(t, "intercept"), list_of(attr(t, "term.labels")), list_of(variables),
       list_of(variables[attr(t, "offset")]))
}, error = function(e) list(row[[1]], "refused"))

factors <- function(g) {
  if (is.call(g) && identical(g[[1]], as.name("("))) return(factors(g[[2]]))
  if (is.call(g) && identical(g[[1]], as.name(":"))) return(c(factors(g[[2]]), factors(g[[3]])))
  text(g)
}
answer_bars <- function(row) {
  f <- as.formula(row[[1]])
  bar <- function(b) {
    t <- terms(as.formula(call("~", b[[2]])))
    list(attr(t, "intercept"), list_of(attr(t, "term.labels")), list_of(factors(b[[3]])))
  }
  list(row[[1]], text(nobars(f)), lapply(findbars(f), bar))
}
answer_update <- function(row) list(row[[1]], row[[2]], text(update(as.formula(row[[1]]), as.formula(row[[2]]))))
answer_deparse <- function(row) list(row[[1]], text(str2lang(row[[1]])))

answers <- list(
  terms = lapply(asked$terms, answer_terms), bars = lapply(asked$bars, answer_bars),
  update = lapply(asked$update, answer_update), deparse = lapply(asked$deparse, answer_deparse)
)
rows <- function(part) paste(vapply(part, function(row) as.character(toJSON(row, auto_unbox = TRUE, digits = NA)), ""), collapse = ",\n")
sections <- vapply(names(answers), function(name) sprintf('"%s": [\n%s\n]', name, rows(answers[[name]])), "")
made <- sprintf('"made_by": "R %s, lme4 %s"', getRversion(), packageVersion("lme4"))
writeLines(paste0("{\n", paste(c(made, sections), collapse = ",\n"), "\n}"), path)
