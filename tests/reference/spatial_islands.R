# Reference values from spatialreg with an island (zero.policy = TRUE) for tests/estimate/spatial/test_islands.py: a cross-section, the
# neighbourhoods of Columbus without the links of one of them, and a panel, the US states of plm's Produc with Maine cut off. State effects
# are removed by an orthonormal matrix orthogonal to the constant (Lee and Yu 2010), which leaves sixteen periods with the same weights.
# Run in this folder after spatial.R:  Rscript spatial_islands.R     It rewrites spatial_islands.csv.

suppressMessages({library(spdep); library(spatialreg); library(plm)})
options(digits = 17, stringsAsFactors = FALSE)
rows <- list()
keep <- function(what, term, estimate, std_error = NA)
  rows[[length(rows) + 1]] <<- data.frame(what, term, estimate = unname(estimate), std_error = unname(std_error))
model <- function(what, fit) {
  found <- if (is.null(fit$fdHess) || is.logical(fit$fdHess)) fit$resvar else fit$fdHess
  terms <- names(coef(fit))
  at <- match(sub("^I\\(x - lambda \\* WX\\)", "", rownames(found)), terms)
  errors <- rep(NA, length(terms)); errors[at[!is.na(at)]] <- sqrt(diag(found))[!is.na(at)]
  keep(what, terms, coef(fit), errors)
  keep(what, "log_likelihood", as.numeric(logLik(fit)))
}
weights_of <- function(edges, names) {
  w <- matrix(0, length(names), length(names), dimnames = list(names, names))
  w[cbind(edges[[1]], edges[[2]])] <- 1
  w / pmax(rowSums(w), 1)
}

columbus <- read.csv("columbus.csv")
edges <- subset(read.csv("columbus_edges.csv"), from != "n1001" & to != "n1001")
columbus_w <- mat2listw(weights_of(edges, columbus$place), style = "M")
for (type in c("lag", "mixed")) {
  fit <- lagsarlm(CRIME ~ INC + HOVAL, columbus, columbus_w, type = type, method = "eigen", zero.policy = TRUE, control = list(fdHess = TRUE))
  model(paste("columbus", type), fit)
  found <- impacts(fit, listw = columbus_w)
  for (kind in c("direct", "indirect", "total")) keep(paste("columbus", type, kind), c("INC", "HOVAL"), found[[kind]])
}
model("columbus error", errorsarlm(CRIME ~ INC + HOVAL, columbus, columbus_w, method = "eigen", zero.policy = TRUE, control = list(fdHess = TRUE)))

data(Produc, package = "plm")
borders <- read.csv("../../data_raw/geography/us_state_borders.csv")
name <- function(x) sub("TENNESSEE", "TENNESSE", gsub(" ", "_", toupper(x)))
pairs <- data.frame(from = name(c(borders$state_a, borders$state_b)), to = name(c(borders$state_b, borders$state_a)))
pairs <- subset(pairs, from != "MAINE" & to != "MAINE")
states <- sort(unique(as.character(Produc$state)))
w <- weights_of(subset(pairs, from %in% states & to %in% states), states)
Produc <- Produc[order(Produc$year, as.character(Produc$state)), ]
t <- length(unique(Produc$year)); n <- length(states)
helmert <- contr.helmert(t); free <- sweep(helmert, 2, sqrt(colSums(helmert^2)), "/")
moved <- function(x) as.vector(matrix(x, n, t) %*% free)
data <- data.frame(y = moved(log(Produc$gsp)), pcap = moved(log(Produc$pcap)), pc = moved(log(Produc$pc)), emp = moved(log(Produc$emp)), unemp = moved(Produc$unemp))
blocks <- mat2listw(kronecker(diag(t - 1), w), style = "M")
formula <- y ~ pcap + pc + emp + unemp - 1
model("states lag", lagsarlm(formula, data, blocks, method = "eigen", zero.policy = TRUE, control = list(fdHess = TRUE)))
model("states error", errorsarlm(formula, data, blocks, method = "eigen", zero.policy = TRUE, control = list(fdHess = TRUE)))
model("states sac", sacsarlm(formula, data, blocks, method = "eigen", zero.policy = TRUE, control = list(fdHess = TRUE)))

head <- paste0("# ", R.version.string, ", spatialreg ", packageVersion("spatialreg"), ", spdep ", packageVersion("spdep"), ", plm ", packageVersion("plm"), "; made by spatial_islands.R")
writeLines(c(head, capture.output(write.csv(do.call(rbind, rows), row.names = FALSE, quote = FALSE))), "spatial_islands.csv")
