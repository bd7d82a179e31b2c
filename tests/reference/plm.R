# Reference values from the R packages plm, sandwich and lmtest for tests/estimate/.
# Run in this folder:  Rscript plm.R     It rewrites plm_estimates.csv, plm_statistics.csv and plm_tests.csv.
# Grunfeld, Produc, EmplUK and Crime come with plm, PetersenCL with sandwich, unbalanced_panel.csv from unbalanced_panel.py.

suppressMessages({library(plm); library(sandwich); library(lmtest)})
options(digits = 17, stringsAsFactors = FALSE)

estimates <- list(); statistics <- list(); tests <- list()

keep_estimate <- function(data, model, covariance, beta, vcov) {
  estimates[[length(estimates) + 1]] <<- data.frame(
    data, model, covariance, term = names(beta), estimate = unname(beta), std_error = sqrt(diag(vcov))[names(beta)])
}
keep_statistic <- function(data, model, name, value)
  statistics[[length(statistics) + 1]] <<- data.frame(data, model, name, value = unname(value))
keep_test <- function(data, test, h, note = "") {
  df <- c(unname(h$parameter), NA, NA)[1:2]
  tests[[length(tests) + 1]] <<- data.frame(
    data, test, statistic = unname(h$statistic), df1 = df[1], df2 = df[2], p_value = unname(h$p.value), note)
}

# --- one panel model with all its covariances -------------------------------------------------------
# Bandwidth 2 is stated because plm's default, floor(T^(1/4)), is not ours. vcovSCC type HC0 has no small-sample factor.
keep_panel_model <- function(data, model, fit) {
  keep_estimate(data, model, "iid", coef(fit), vcov(fit))
  keep_statistic(data, model, "nobs", nobs(fit))
  keep_statistic(data, model, "df_residual", df.residual(fit))
  keep_statistic(data, model, "rss", sum(residuals(fit)^2))
  keep_statistic(data, model, "r2", summary(fit)$r.squared["rsq"])
  if (model == "between") return(invisible())
  robust <- list(
    "group HC0" = vcovHC(fit, "arellano", "HC0", "group"), "group sss" = vcovHC(fit, "arellano", "sss", "group"),
    "time HC0" = vcovHC(fit, "arellano", "HC0", "time"), "time sss" = vcovHC(fit, "arellano", "sss", "time"),
    "white HC0" = vcovHC(fit, "white1", "HC0"), "white HC1" = vcovHC(fit, "white1", "HC1"),
    "group+time HC0" = vcovDC(fit, "HC0"), "group+time sss" = vcovDC(fit, "sss"),
    "driscoll_kraay HC0 bandwidth 2" = vcovSCC(fit, "HC0", maxlag = 2))
  for (name in names(robust)) keep_estimate(data, model, name, coef(fit), robust[[name]])
}

keep_panel <- function(name, formula, frame, index) {
  p <- pdata.frame(frame, index = index)
  fit <- function(model, effect = "individual", ...) plm(formula, p, model = model, effect = effect, ...)
  pooled <- fit("pooling"); within <- fit("within"); twoway <- fit("within", "twoways"); time <- fit("within", "time")
  random <- fit("random", random.method = "swar"); between <- fit("between")
  keep_panel_model(name, "pooled", pooled)
  keep_panel_model(name, "within entity", within)
  keep_panel_model(name, "within time", time)
  keep_panel_model(name, "within entity+time", twoway)
  keep_panel_model(name, "random", random)
  keep_panel_model(name, "between", between)
  keep_statistic(name, "random", "sigma2_e", ercomp(random)$sigma2["idios"])
  keep_statistic(name, "random", "sigma2_u", ercomp(random)$sigma2["id"])
  keep_statistic(name, "random", "theta_mean", mean(ercomp(random)$theta))

  # White's HC1 of the pooled model from sandwich: N/(N-K)
  ols <- lm(formula, frame)
  keep_estimate(name, "pooled", "HC1", coef(ols), vcovHC(ols, "HC1"))

  # First differences over the calendar, no constant. plm's model = "fd" subtracts the previous row even over a gap and adds
  # a constant, so the differences are taken here and the model is a pooled one on them.
  differences <- calendar_differences(formula, p)
  fd <- plm(reformulate(c(setdiff(names(differences), c("outcome", index)), "0"), "outcome"), differences, index = index, model = "pooling")
  rename <- attr(terms(formula), "term.labels")
  for (cv in list(list("iid", vcov(fd)), list("group HC0", vcovHC(fd, "arellano", "HC0", "group")),
                  list("group sss", vcovHC(fd, "arellano", "sss", "group")))) {
    beta <- coef(fd); v <- cv[[2]]; names(beta) <- rename; dimnames(v) <- list(rename, rename)
    keep_estimate(name, "differences", cv[[1]], beta, v)
  }
  keep_statistic(name, "differences", "nobs", nobs(fd))
  keep_statistic(name, "differences", "rss", sum(residuals(fd)^2))

  keep_test(name, "hausman", phtest(within, random), "own error variances")
  keep_test(name, "hausman common", hausman_common(within, random), "within error variance in both covariances")
  keep_test(name, "mundlak pooled", mundlak(formula, p), "F(q, G-1), clustered by entity, G/(G-1) (N-1)/(N-K)")
  keep_test(name, "f_effects entity", pFtest(within, pooled))
  keep_test(name, "f_effects time", pFtest(time, pooled))
  keep_test(name, "f_effects entity+time", pFtest(twoway, pooled))
  keep_test(name, "breusch_pagan entity", plmtest(pooled, effect = "individual", type = "bp"))
  keep_test(name, "breusch_pagan time", plmtest(pooled, effect = "time", type = "bp"))
  keep_test(name, "breusch_pagan entity+time", plmtest(pooled, effect = "twoways", type = "bp"))
  keep_test(name, "honda entity", plmtest(pooled, effect = "individual", type = "honda"))
  keep_test(name, "honda time", plmtest(pooled, effect = "time", type = "honda"))
  cd <- function(fit) suppressWarnings(pcdtest(fit, test = "cd"))  # it warns of pairs with fewer than two common periods
  keep_test(name, "pesaran_cd within", cd(within))
  keep_test(name, "pesaran_cd pooled", cd(pooled))
  keep_test(name, "pesaran_cd within entity+time", cd(twoway))
  keep_test(name, "breusch_pagan heteroskedasticity", bptest(ols), "studentized (Koenker), regressors of the mean")
  keep_test(name, "wooldridge within", pwartest(within), "pwartest: within residuals, lag by row, constant, no factor, F(1, N-2)")
  keep_test(name, "wooldridge pwfdtest", pwfdtest(fit("fd"), h0 = "fe"), "pwfdtest: constants, lag by row, no factor, F(1, N-2)")
  keep_test(name, "wooldridge differences", drukker(fd, differences, index),
            "no constants, lag by calendar, clusters = entities, G/(G-1), F(1, G-1): the definition of Drukker (2003)")
}

calendar_differences <- function(formula, p) {
  mf <- model.frame(formula, as.data.frame(p)); x <- model.matrix(formula, mf)[, -1, drop = FALSE]
  ids <- index(p); columns <- cbind(outcome = model.response(mf), x)
  d <- apply(columns, 2, function(v) { ps <- p; ps$value <- v; as.numeric(diff(ps$value, lag = 1, shift = "time")) })
  d <- data.frame(ids, d)
  names(d)[-(1:3)] <- paste0("x", seq_len(ncol(x)))
  d[complete.cases(d), ]
}

# Lag regression of the differenced residuals and the clustered Wald test of -0.5, put together from plm's and lmtest's parts.
drukker <- function(fd, differences, index) {
  r <- pdata.frame(data.frame(differences[index], e = as.numeric(residuals(fd))), index = index)
  r$lag <- lag(r$e, 1, shift = "time")
  r <- r[!is.na(r$lag), ]
  aux <- lm(e ~ lag + 0, as.data.frame(r))
  v <- vcovCL(aux, cluster = as.character(r[[index[1]]]), type = "HC1")
  g <- length(unique(as.character(r[[index[1]]])))
  stat <- unname((coef(aux) + 0.5)^2 / v[1, 1])
  list(statistic = stat, parameter = c(1, g - 1), p.value = pf(stat, 1, g - 1, lower.tail = FALSE))
}

# The Hausman statistic with one error variance, that of the within model, in both covariances.
hausman_common <- function(within, random) {
  terms <- names(coef(within)); sigma2 <- function(fit) deviance(fit) / df.residual(fit)
  b <- coef(within) - coef(random)[terms]
  v <- vcov(within) - vcov(random)[terms, terms] * sigma2(within) / sigma2(random)
  stat <- drop(t(b) %*% solve(v, b))
  list(statistic = stat, parameter = length(b), p.value = pchisq(stat, length(b), lower.tail = FALSE))
}

# Entity means of the regressors added to the pooled model, and the Wald test that they are not needed. (plm cannot do it for
# random effects: its between step meets every mean twice and stops with "computationally singular".)
mundlak <- function(formula, p) {
  terms <- attr(terms(formula), "term.labels"); means <- paste0("Between(", terms, ")")
  fit <- plm(update(formula, reformulate(c(".", means))), p, model = "pooling")
  added <- grep("^Between", names(coef(fit)), value = TRUE)
  b <- coef(fit)[added]; v <- vcovHC(fit, "arellano", "sss", "group")[added, added]
  q <- length(b); g <- pdim(fit)$nT$n; stat <- drop(t(b) %*% solve(v, b)) / q
  list(statistic = stat, parameter = c(q, g - 1), p.value = pf(stat, q, g - 1, lower.tail = FALSE))
}

data("Grunfeld", package = "plm"); data("Produc", package = "plm"); data("EmplUK", package = "plm"); data("Crime", package = "plm")
data("PetersenCL", package = "sandwich")
unbalanced <- read.csv("unbalanced_panel.csv")
unbalanced$x2 <- unbalanced$x2 / 1e9  # plm stops with "computationally singular" in the units of the file

keep_panel("Grunfeld", inv ~ value + capital, Grunfeld, c("firm", "year"))
keep_panel("Produc", log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp, Produc, c("state", "year"))
keep_panel("EmplUK", log(emp) ~ log(wage) + log(capital) + log(output), EmplUK, c("firm", "year"))
keep_panel("Crime", lcrmrte ~ lprbarr + lprbconv + lprbpris + lavgsen + lpolpc + ldensity, Crime, c("county", "year"))
keep_panel("unbalanced", y ~ x1 + x2, unbalanced, c("firm", "year"))
singles <- names(which(table(unbalanced$firm) == 1))
keep_panel("unbalanced without singletons", y ~ x1 + x2, unbalanced[!unbalanced$firm %in% singles, ], c("firm", "year"))

# --- PetersenCL: clustering of a pooled model ---------------------------------------------------------
petersen <- lm(y ~ x, PetersenCL)
keep_estimate("PetersenCL", "pooled", "iid", coef(petersen), vcov(petersen))
for (type in c("HC0", "HC1"))
  keep_estimate("PetersenCL", "pooled", type, coef(petersen), vcovHC(petersen, type))
for (by in c("firm", "year", "firm+year")) {
  cluster <- reformulate(strsplit(by, "+", fixed = TRUE)[[1]])
  keep_estimate("PetersenCL", "pooled", paste(by, "HC0"), coef(petersen), vcovCL(petersen, cluster, type = "HC0", cadjust = FALSE))
  # one way: G/(G-1) (N-1)/(N-K). Two ways: sandwich gives each of the three terms its own factor, not that of the smaller G.
  keep_estimate("PetersenCL", "pooled", paste(by, "HC1 cadjust"), coef(petersen), vcovCL(petersen, cluster, type = "HC1", cadjust = TRUE))
}

# --- write ----------------------------------------------------------------------------------------
versions <- paste0("# R ", getRversion(), "; ", paste(sapply(c("plm", "sandwich", "lmtest"), function(n)
  paste(n, packageVersion(n))), collapse = "; "), "; made by plm.R, described in README.md")
save <- function(rows, file) {
  table <- do.call(rbind, rows)
  numbers <- sapply(table, is.numeric)
  table[numbers] <- lapply(table[numbers], function(v) ifelse(is.na(v), "", formatC(v, digits = 17, format = "g", width = 1)))
  con <- file(file, "w"); writeLines(versions, con)
  write.csv(table, con, row.names = FALSE, quote = sapply(table, is.character) |> which() |> setdiff(which(numbers)))
  close(con)
}
save(estimates, "plm_estimates.csv"); save(statistics, "plm_statistics.csv"); save(tests, "plm_tests.csv")
