# Reference values from the R package sandwich for tests/estimate/test_cr2.py: pooled least squares with the cluster version of HC2, which is
# CR2 when no effect lies inside a cluster (with its default cadjust: otherwise it is multiplied by (G-1)/G). Run in this folder:  Rscript cr2.R     It rewrites cr2.csv.

suppressMessages(library(sandwich))
options(digits = 17, stringsAsFactors = FALSE)

rows <- list()
keep <- function(data, model, kind, fit, vcov)
  rows[[length(rows) + 1]] <<- data.frame(
    data, model, kind, term = names(coef(fit)), estimate = unname(coef(fit)), std_error = unname(sqrt(diag(vcov))))

unbalanced <- read.csv("unbalanced_panel.csv")
unbalanced$x2 <- unbalanced$x2 / 1e9
fit <- lm(y ~ x1 + x2, unbalanced)
keep("unbalanced", "y ~ x1 + x2", "firm", fit, vcovCL(fit, cluster = unbalanced$firm, type = "HC2"))
keep("unbalanced", "y ~ x1 + x2", "year", fit, vcovCL(fit, cluster = unbalanced$year, type = "HC2"))
keep("unbalanced", "y ~ x1 + x2", "row", fit, vcovHC(fit, type = "HC2"))
years <- lm(y ~ x1 + x2 + factor(year), unbalanced)
keep("unbalanced", "y ~ x1 + x2 | year", "firm", years, vcovCL(years, cluster = unbalanced$firm, type = "HC2"))
data("PetersenCL", package = "sandwich")
petersen <- lm(y ~ x, PetersenCL)
keep("PetersenCL", "y ~ x", "firm", petersen, vcovCL(petersen, cluster = PetersenCL$firm, type = "HC2"))

versions <- paste("#", R.version.string, "- sandwich", packageVersion("sandwich"))
writeLines(versions, "cr2.csv")
found <- do.call(rbind, rows)
found <- found[!grepl("factor|Intercept", found$term), ]
suppressWarnings(write.table(found, "cr2.csv", append = TRUE, sep = ",", row.names = FALSE, qmethod = "double"))
