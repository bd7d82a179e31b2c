# Reference values from spdep and spatialreg for tests/estimate/spatial and tests/measure/test_moran.py: the neighbourhoods of Columbus, Ohio
# (Anselin 1988; data of the package spData, CC0).  Run in this folder:  Rscript spatial.R     It rewrites spatial.csv, columbus.csv, columbus_edges.csv.

suppressMessages({library(spData); library(spdep); library(spatialreg)})
options(digits = 17, stringsAsFactors = FALSE)
data(oldcol, package = "spdep")
columbus <- COL.OLD; col.gal.nb <- COL.nb
names <- paste0("n", columbus$NEIGNO)
write.csv(data.frame(place = names, columbus[, c("CRIME", "INC", "HOVAL")]), "columbus.csv", row.names = FALSE, quote = FALSE)
edges <- do.call(rbind, lapply(seq_along(col.gal.nb), function(i) data.frame(from = names[i], to = names[col.gal.nb[[i]]])))
write.csv(edges, "columbus_edges.csv", row.names = FALSE, quote = FALSE)
listw <- nb2listw(col.gal.nb, style = "W")
formula <- CRIME ~ INC + HOVAL

rows <- list()
keep <- function(what, term, estimate, std_error = NA)
  rows[[length(rows) + 1]] <<- data.frame(what, term, estimate = unname(estimate), std_error = unname(std_error))

model <- function(what, fit) {
  found <- if (is.null(fit$fdHess) || is.logical(fit$fdHess)) fit$resvar else fit$fdHess  # fdHess: the observed information
  terms <- names(coef(fit))
  at <- match(sub("^I\\(x - lambda \\* WX\\)", "", rownames(found)), terms)
  errors <- rep(NA, length(terms)); errors[at[!is.na(at)]] <- sqrt(diag(found))[!is.na(at)]
  keep(what, terms, coef(fit), errors)
  keep(what, "sigma2", fit$s2)
  keep(what, "log_likelihood", as.numeric(logLik(fit)))
}
model("SAR", lagsarlm(formula, columbus, listw, method = "eigen", control = list(fdHess = TRUE)))
model("SDM", lagsarlm(formula, columbus, listw, Durbin = TRUE, method = "eigen", control = list(fdHess = TRUE)))
model("SEM", errorsarlm(formula, columbus, listw, method = "eigen", control = list(fdHess = TRUE)))
model("SDEM", errorsarlm(formula, columbus, listw, Durbin = TRUE, method = "eigen", control = list(fdHess = TRUE)))
model("SAC", sacsarlm(formula, columbus, listw, method = "eigen", control = list(fdHess = TRUE)))
slx <- lmSLX(formula, columbus, listw)
keep("SLX", names(coef(slx)), coef(slx))
for (name in c("lag", "mixed")) {
  fit <- lagsarlm(formula, columbus, listw, type = name, method = "eigen", control = list(fdHess = TRUE))
  found <- impacts(fit, listw = listw)
  for (kind in c("direct", "indirect", "total")) keep(paste("impacts", name, kind), c("INC", "HOVAL"), found[[kind]])
}

tests <- lm.LMtests(lm(formula, columbus), listw, test = "all")
for (name in names(tests)) keep("LM", name, tests[[name]]$statistic, tests[[name]]$p.value)

crime <- columbus$CRIME
index <- function(what, found) keep(what, c("value", "expected", "variance", "p"), c(found$estimate, found$p.value))
index("moran randomisation", moran.test(crime, listw))
index("moran normality", moran.test(crime, listw, randomisation = FALSE))
index("geary randomisation", geary.test(crime, listw))
index("geary normality", geary.test(crime, listw, randomisation = FALSE))
index("getis_ord randomisation", globalG.test(crime, nb2listw(col.gal.nb, style = "B")))
local <- localmoran(crime, listw)
keep("local moran", names, local[, "Ii"], sqrt(local[, "Var.Ii"]))
star <- localG(crime, nb2listw(include.self(col.gal.nb), style = "B"))
keep("local getis_ord star", names, as.numeric(star))

head <- "# R 4.2.2, spdep 1.2-7, spatialreg 1.2-6, spData; made by spatial.R. LM: estimate is the statistic, std_error its p-value"
writeLines(c(head, capture.output(write.csv(do.call(rbind, rows), row.names = FALSE, quote = FALSE))), "spatial.csv")
