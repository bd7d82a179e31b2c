# Reference values of pgmm of the R package plm for tests/estimate/test_dynamic_plm.py.
# Run in this folder:  Rscript plm_dynamic.R     It rewrites plm_dynamic.csv. EmplUK comes with plm.

suppressMessages(library(plm))
options(digits = 17, stringsAsFactors = FALSE)
data("EmplUK", package = "plm")
rows <- list()

keep <- function(case, name, term, value) rows[[length(rows) + 1]] <<- data.frame(case, name, term, value = unname(value))

keep_fit <- function(case, formula, ...) {
  fit <- pgmm(formula, data = EmplUK, ...)
  tested <- summary(fit, robust = TRUE)$coefficients
  plain <- summary(fit, robust = FALSE)$coefficients
  # a lagged term is called "lag(x, 0:1)0", a single one "log(capital)"
  keep(case, "estimate", rownames(tested), tested[, 1])
  keep(case, "std_error_robust", rownames(tested), tested[, 2])
  keep(case, "std_error_conventional", rownames(plain), plain[, 2])
  j <- sargan(fit)  # after two steps it is Hansen's J
  keep(case, "hansen", "", j$statistic)
  keep(case, "hansen_df", "", j$parameter)
  keep(case, "instruments", "", ncol(fit$W[[1]]))
}

a1 <- log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + lag(log(capital), 0:2) + lag(log(output), 0:2) | lag(log(emp), 2:99)
b <- log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + log(capital) + lag(log(output), 0:1) | lag(log(emp), 2:99)
limited <- log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + log(capital) + lag(log(output), 0:1) | lag(log(emp), 2:4) + lag(log(wage), 2:3)
bb <- log(emp) ~ lag(log(emp), 1) + lag(log(wage), 0:1) + lag(log(capital), 0:1) |
  lag(log(emp), 2:99) + lag(log(wage), 2:99) + lag(log(capital), 2:99)

keep_fit("a1 one step", a1, effect = "twoways", model = "onestep")
keep_fit("a1 two steps", a1, effect = "twoways", model = "twosteps")
keep_fit("b two steps", b, effect = "twoways", model = "twosteps")
keep_fit("b two steps collapsed", b, effect = "twoways", model = "twosteps", collapse = TRUE)
keep_fit("b two steps no periods", b, effect = "individual", model = "twosteps")
keep_fit("limited lags", limited, effect = "twoways", model = "twosteps")
# The blocked H is not taken from here: pgmm of plm 2.6-2 gives fsm = "GI" the numbers of fsm = "full".
keep_fit("system one step", bb, effect = "twoways", model = "onestep", transformation = "ld", fsm = "full")
keep_fit("system two steps", bb, effect = "twoways", model = "twosteps", transformation = "ld", fsm = "full")
keep_fit("system collapsed", bb, effect = "twoways", model = "twosteps", transformation = "ld", fsm = "full", collapse = TRUE)
keep_fit("system no periods", bb, effect = "individual", model = "twosteps", transformation = "ld", fsm = "full")
keep_fit("system standard", b, effect = "twoways", model = "twosteps", transformation = "ld", fsm = "full")

out <- do.call(rbind, rows)
out$value <- formatC(out$value, digits = 17, format = "g", width = 1)
con <- file("plm_dynamic.csv", "w")
writeLines(paste0("# R ", getRversion(), "; plm ", packageVersion("plm"), "; made by plm_dynamic.R, described in README.md"), con)
write.csv(out, con, row.names = FALSE, quote = 1:3)
close(con)
