# Reference values from ivreg() of the R package AER, with covariances of sandwich, for tests/estimate/test_instruments_reference.py.
# Run in this folder:  Rscript ivreg.R     It rewrites ivreg.csv.
# CigarettesSW comes with AER, EmplUK with plm. Absorbed effects are dummies here.

suppressMessages({library(AER); library(plm); library(sandwich)})
options(digits = 17, stringsAsFactors = FALSE)

found <- list()
keep <- function(model, covariance, name, value, std_error = NA)
  found[[length(found) + 1]] <<- data.frame(model, covariance, name, value = unname(value), std_error = unname(std_error))

estimates <- function(model, fit, covariance, vcov) {
  beta <- coef(fit)[!grepl("^factor", names(coef(fit)))]
  keep(model, covariance, names(beta), beta, sqrt(diag(vcov))[names(beta)])
}

diagnose <- function(model, covariance, fit, ...) {
  table <- summary(fit, diagnostics = TRUE, ...)$diagnostics
  for (i in seq_len(nrow(table))) if (!is.na(table[i, "statistic"])) {
    keep(model, covariance, paste(rownames(table)[i], c("statistic", "df1", "df2", "p")),
         unlist(table[i, c("statistic", "df1", "df2", "p-value")]))
  }
}

run <- function(model, fit, cluster = NULL) {
  estimates(model, fit, "iid", vcov(fit))
  estimates(model, fit, "HC1", vcovHC(fit, type = "HC1"))
  if (!is.null(cluster)) estimates(model, fit, "cluster HC0", vcovCL(fit, cluster = cluster, type = "HC0", cadjust = FALSE))
  diagnose(model, "iid", fit)
  diagnose(model, "HC1", fit, vcov. = function(x, ...) vcovHC(x, type = "HC1"))
}

data("CigarettesSW", package = "AER")
cigarettes <- transform(CigarettesSW, rprice = price / cpi, rincome = income / population / cpi, tdiff = (taxs - tax) / cpi, rtax = tax / cpi)
c95 <- subset(cigarettes, year == "1995")
run("cigarettes exact", ivreg(log(packs) ~ log(rprice) + log(rincome) | log(rincome) + tdiff, data = c95))
run("cigarettes over", ivreg(log(packs) ~ log(rprice) + log(rincome) | log(rincome) + tdiff + rtax, data = c95))

data("EmplUK", package = "plm")
EmplUK <- transform(EmplUK, lemp = log(emp), lwage = log(wage), lcap = log(capital), lout = log(output), lout2 = log(output)^2, trend = log(output) * (year - 1980))
run("employment", ivreg(lemp ~ lwage + lcap + factor(firm) + factor(year) | lcap + lout + lout2 + factor(firm) + factor(year), data = EmplUK), EmplUK$firm)
run("employment two", ivreg(lemp ~ lwage + lcap + factor(firm) + factor(year) | lout + lout2 + trend + factor(firm) + factor(year), data = EmplUK), EmplUK$firm)

version <- paste0("# R ", getRversion(), ", AER ", packageVersion("AER"), ", sandwich ", packageVersion("sandwich"), ", plm ", packageVersion("plm"))
con <- file("ivreg.csv", "w")
writeLines(version, con)
write.csv(do.call(rbind, found), con, row.names = FALSE)
close(con)
