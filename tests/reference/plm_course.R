# Reference values from the R package plm for the rest of the panel course: variance components, Hausman-Taylor and its relatives,
# error-component two-stage least squares, mean groups and common correlated effects, unit roots, and the tables that its tests use.
# Run in this folder:  Rscript plm_course.R     It rewrites plm_course.csv and plm_unit_root_tables.csv.

suppressMessages({library(plm)})
options(digits = 17, stringsAsFactors = FALSE, warn = 1)

rows <- list()
keep <- function(data, model, term, estimate, std_error = NA)
  rows[[length(rows) + 1]] <<- data.frame(data, model, term, estimate = unname(estimate), std_error = unname(std_error))
keep_fit <- function(data, model, fit) {
  keep(data, model, names(coef(fit)), coef(fit), sqrt(diag(vcov(fit)))[names(coef(fit))])
  if (!is.null(fit$ercomp)) for (part in c("idios", "id")) keep(data, model, paste0("sigma2_", part), fit$ercomp$sigma2[[part]])
}

data("Grunfeld", package = "plm"); data("Produc", package = "plm"); data("EmplUK", package = "plm"); data("Crime", package = "plm")
data("Wages", package = "plm"); data("Cigar", package = "plm")
unbalanced <- read.csv("unbalanced_panel.csv")
unbalanced$x2 <- unbalanced$x2 / 1e9

# --- variance components ---------------------------------------------------------------------------------
panels <- list(
  Grunfeld = list(inv ~ value + capital, Grunfeld, c("firm", "year")),
  "Grunfeld less a row" = list(inv ~ value + capital, Grunfeld[1:199, ], c("firm", "year")),
  Produc = list(log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp, Produc, c("state", "year")),
  EmplUK = list(log(emp) ~ log(wage) + log(capital) + log(output), EmplUK, c("firm", "year")),
  unbalanced = list(y ~ x1 + x2, unbalanced, c("firm", "year")))
for (name in names(panels)) for (method in c("swar", "walhus", "amemiya", "nerlove"))
  keep_fit(name, method, plm(panels[[name]][[1]], panels[[name]][[2]], index = panels[[name]][[3]], model = "random", random.method = method))

data("Hedonic", package = "plm")  # 92 towns with 1 to 30 tracts, and regressors that are the same for all tracts of a town
hedonic <- mv ~ crim + zn + indus + chas + nox + rm + age + dis + rad + tax + ptratio + blacks + lstat
for (method in c("swar", "walhus"))
  keep_fit("Hedonic", method, plm(hedonic, Hedonic, index = "townid", model = "random", random.method = method))

# --- Hausman-Taylor, Amemiya-MaCurdy, Breusch-Mizon-Schmidt ------------------------------------------------
wages <- pdata.frame(Wages, index = 595)
form <- lwage ~ wks + south + smsa + married + exp + I(exp^2) + bluecol + ind + union + sex + black + ed |
  bluecol + south + smsa + ind + sex + black | wks + married + union + exp + I(exp^2)
for (inst in c("baltagi", "am"))
  keep_fit("Wages", inst, plm(form, wages, model = "random", random.method = "ht", inst.method = inst))

# --- error-component two-stage least squares ---------------------------------------------------------------
crime <- lcrmrte ~ lprbarr + lpolpc + lprbconv + lprbpris + lavgsen + ldensity + lwcon + lwtuc + lwtrd + lwfir + lwser + lwmfg + lwfed +
  lwsta + lwloc + lpctymle + lpctmin + region + smsa + factor(year) | . - lprbarr - lpolpc + ltaxpc + lmix
for (inst in c("baltagi", "bvk"))
  keep_fit("Crime", inst, plm(crime, Crime, model = "random", inst.method = inst))
keep_fit("Crime", "within 2sls", plm(crime, Crime, model = "within"))

# --- mean groups and common correlated effects ---------------------------------------------------------------
produc <- log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp
for (model in c("mg", "cmg")) {
  fit <- pmg(produc, Produc, index = c("state", "year"), model = model)
  keep("Produc", paste("pmg", model), names(coef(fit)), coef(fit), sqrt(diag(vcov(fit))))
}
for (model in c("mg", "p")) {
  fit <- pcce(produc, Produc, index = c("state", "year"), model = model)
  keep("Produc", paste("pcce", model), names(coef(fit)), coef(fit), sqrt(diag(vcov(fit))))
}

# --- unit roots --------------------------------------------------------------------------------------------
series <- function(data, id, column, transformation = identity)
  as.data.frame(split(transformation(data[[column]]), data[[id]]))
panels <- list(Cigar = series(Cigar, "state", "sales"), Produc = series(Produc, "state", "gsp", log))
for (name in names(panels)) for (exo in c("intercept", "trend")) for (lags in 0:2) {
  test <- function(kind, ...) suppressWarnings(purtest(panels[[name]], test = kind, exo = exo, lags = lags, ...)$statistic)
  model <- function(kind) paste(kind, exo, lags)
  one <- function(kind, h) { keep(name, model(kind), "statistic", h$statistic); keep(name, model(kind), "p_value", h$p.value) }
  if (name == "Cigar") one("llc", test("levinlin"))  # the tables start at 25 periods
  one("ips", test("ips", dfcor = TRUE))
  one("fisher", test("madwu", dfcor = TRUE, p.approx = "MacKinnon1994"))
  if (lags == 0) one("hadri", test("hadri"))
}
for (lags in c("SIC", "AIC"))
  keep("Cigar", paste("ips intercept", lags), "statistic",
       suppressWarnings(purtest(panels$Cigar, test = "ips", exo = "intercept", lags = lags, pmax = 4, dfcor = TRUE))$statistic$statistic)
keep("Cigar", "ips intercept lags", paste0("SIC", 1:46),
     sapply(suppressWarnings(purtest(panels$Cigar, test = "ips", exo = "intercept", lags = "SIC", pmax = 4, dfcor = TRUE))$idres, function(x) x$lags))
cigar <- pdata.frame(Cigar, index = c("state", "year")); produc_panel <- pdata.frame(Produc, index = c("state", "year"))
produc_panel$lgsp <- log(produc_panel$gsp)
for (type in c("drift", "trend")) for (lags in 1:2) for (name in c("Cigar", "Produc")) {
  h <- suppressWarnings(cipstest(if (name == "Cigar") cigar$sales else produc_panel$lgsp, type = type, lags = lags, model = "cmg"))
  keep(name, paste("cips", type, lags), "statistic", h$statistic); keep(name, paste("cips", type, lags), "p_value", h$p.value)
}
for (column in c("price", "pop", "pop16", "ndi", "pimin")) for (type in c("drift", "trend")) {
  h <- suppressWarnings(cipstest(log(cigar[[column]]), type = type, lags = 1, model = "cmg"))
  keep("Cigar", paste("cips", type, 1, column), "statistic", h$statistic); keep("Cigar", paste("cips", type, 1, column), "p_value", h$p.value)
}
employment <- pdata.frame(EmplUK, index = c("firm", "year"))  # unbalanced, 7 to 9 periods
keep("EmplUK", "ips intercept 0", "statistic",
     suppressWarnings(purtest(log(employment$emp), test = "ips", exo = "intercept", lags = 0, dfcor = TRUE))$statistic$statistic)

# --- the tables inside plm -----------------------------------------------------------------------------------
tables <- list()
put <- function(table, trend, row, column, name, value)
  tables[[length(tables) + 1]] <<- data.frame(table, trend, row = as.character(row), column = as.character(column), name, value = unname(value))
flat <- function(table, array, trend, name) for (r in rownames(array)) for (c in colnames(array)) put(table, trend, r, c, name, array[r, c])
for (trend in c("none", "intercept", "trend")) flat("llc", plm:::adj.levinlin[, , trend], trend, "")
for (trend in c("intercept", "trend")) for (name in c("mean", "var")) flat("ips", plm:::adj.ips.wtbar[, , name, trend], trend, name)
inside <- body(plm:::critvals.cips)  # the assignments of its tables, in the order of the function
where <- new.env()
for (step in as.list(inside)[-1]) {
  to <- if (is.call(step)) all.names(step[[2]]) else ""
  if (any(grepl("^([ndt]vals[0-9]*|[rcz]nam)$", to))) eval(step, where)
}
for (trend in c("nvals", "dvals", "tvals")) for (level in c("1", "5", "10"))
  flat("cips", get(trend, where)[, , level], c(nvals = "none", dvals = "intercept", tvals = "trend")[[trend]], level)

# --- write -----------------------------------------------------------------------------------------------------
save <- function(rows, file) {
  table <- do.call(rbind, rows)
  numbers <- sapply(table, is.numeric)
  table[numbers] <- lapply(table[numbers], function(v) ifelse(is.na(v), "", formatC(v, digits = 17, format = "g", width = 1)))
  con <- file(file, "w")
  writeLines(paste0("# R ", getRversion(), "; plm ", packageVersion("plm"), "; made by plm_course.R, described in README.md"), con)
  write.csv(table, con, row.names = FALSE, quote = which(!numbers))
  close(con)
}
save(rows, "plm_course.csv"); save(tables, "plm_unit_root_tables.csv")
