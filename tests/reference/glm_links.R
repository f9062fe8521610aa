# Maximum likelihood under every link that R's glm has, and under brms's own links by optim (brms 2.18, R 4.2.2):
# the rows of R_ANSWERS in tests/families/test_links.py.
options(digits=10)
x <- c(-1,-.5,0,.25,.5,1,1.5,2); y <- c(2,3,3,5,4,7,8,10); t <- c(.8,1.3,1.1,2.4,1.9,3.0,4.2,3.7); n <- rep(12,8)
q <- function(name, fam, link, f) cat(sprintf('    ("%s", "%s", [%s], %.10g),\n', name, link, paste(sprintf("%.10g", coef(f)), collapse=", "), as.numeric(logLik(f))))
ct <- glm.control(epsilon=1e-14, maxit=200)
for (l in c("log","identity","sqrt")) q("poisson",,l, glm(y~x, family=poisson(l), control=ct))
for (l in c("logit","probit","cauchit","cloglog")) q("binomial",,l, glm(cbind(y,n-y)~x, family=binomial(l), control=ct))
for (l in c("identity","log")) q("binomial",,l, glm(cbind(y,n-y)~x, family=binomial(l), control=ct, start=if(l=="log") c(-1.2,.1) else c(.3,.2)))
ll <- structure(list(linkfun=function(mu) -log(-log(mu)), linkinv=function(eta) exp(-exp(-eta)), mu.eta=function(eta) exp(-eta-exp(-eta)), valideta=function(eta) TRUE, name="loglog"), class="link-glm")
q("binomial",,"loglog", glm(cbind(y,n-y)~x, family=binomial(ll), control=ct))
# brms's own inverse links, by optim
library(stats)
suppressMessages(library(brms))
op <- function(nll, s) { o <- optim(s, nll, method="BFGS", control=list(reltol=1e-16, maxit=1000)); o <- optim(o$par, nll, method="BFGS", control=list(reltol=1e-16)); o }
for (l in c("softit")) {o <- op(function(b) -sum(dbinom(y,n,brms:::inv_link(b[1]+b[2]*x,l),log=TRUE)), c(0,.5)); cat(sprintf('    ("binomial", "%s", [%.8g, %.8g], %.10g),\n', l, o$par[1], o$par[2], -o$value))}
pa <- function(e) plogis(0.07056*e^3+1.5976*e)
o <- op(function(b) -sum(dbinom(y,n,pa(b[1]+b[2]*x),log=TRUE)), c(0,.5)); cat(sprintf('    ("binomial", "probit_approx", [%.8g, %.8g], %.10g),\n', o$par[1], o$par[2], -o$value))
for (l in c("softplus","squareplus")) {o <- op(function(b) -sum(dpois(y,brms:::inv_link(b[1]+b[2]*x,l),log=TRUE)), c(3,1)); cat(sprintf('    ("poisson", "%s", [%.8g, %.8g], %.10g),\n', l, o$par[1], o$par[2], -o$value))}
# gaussian, Gamma, inverse.gaussian: coefficients (their dispersion drops out of the score)
for (l in c("identity","log","inverse")) {f <- glm(t~x, family=gaussian(l), control=ct, start=if(l=="inverse") c(.5,-.1) else NULL); cat(sprintf('    ("gaussian", "%s", [%s], None),\n', l, paste(sprintf("%.10g", coef(f)), collapse=", ")))}
for (l in c("log","identity","inverse")) {f <- glm(t~x, family=Gamma(l), control=ct); cat(sprintf('    ("Gamma", "%s", [%s], None),\n', l, paste(sprintf("%.10g", coef(f)), collapse=", ")))}
for (l in c("log","identity","inverse","1/mu^2")) {f <- glm(t~x, family=inverse.gaussian(l), control=ct, start=if(l=="1/mu^2") c(.3,-.1) else if (l=="identity") c(1.7,.9) else NULL); cat(sprintf('    ("inverse_gaussian", "%s", [%s], None),\n', l, paste(sprintf("%.10g", coef(f)), collapse=", ")))}
