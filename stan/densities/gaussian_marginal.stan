{# Normal observations with the group effects integrated out, in rows whose squares are the observations'.
   Contract: that of a family's file; model reads `eta`, `eta_rest` and `G` of fragments/marginal.stan. #}
{% import "families/gaussian.stan" as family %}
{% macro functions() %}
  /**
   * Normal rows of groups with group effects integrated out: the covariance of a group's K rows is
   * sigma^2 I + G_j G_j' (Laird and Ware 1982, section 2). C is its Cholesky factor, an entry at a time for all groups.
   *
   * @param y (J K) the first row of each group, then the second
   * @param eta (J K) their means without group effects
   * @param G (J K x K) rows of Z_j times a factor of the covariance of the effects
   * @param sigma residual standard deviation
   * @return log density up to a constant
   */
  real grouped_normal_lpdf(vector y, vector eta, matrix G, real sigma) {
    int K = cols(G);
    int J = rows(G) %/% K;
    vector[J * K] e = y - eta;
    array[K, K] vector[J] C;
    array[K] vector[J] z;
    real lp = 0;
    for (p in 1:K) {
      z[p] = segment(e, (p - 1) * J + 1, J);
      for (q in 1:p) {
        C[p, q] = rows_dot_product(block(G, (p - 1) * J + 1, 1, J, K), block(G, (q - 1) * J + 1, 1, J, K));
        for (r in 1:(q - 1)) {
          C[p, q] -= C[p, r] .* C[q, r];
        }
        if (q < p) {
          C[p, q] ./= C[q, q];
          z[p] -= C[p, q] .* z[q];
        }
      }
      C[p, p] = sqrt(square(sigma) + C[p, p]);
      z[p] ./= C[p, p];
      lp += -sum(log(C[p, p])) - 0.5 * dot_self(z[p]);
    }
    return lp;
  }
{% endmacro %}
{% macro data() %}
  // Response: rows are already times the square roots of their weights, less the offset
  int<lower=0> N;  // observations
  vector[J * K] y;
  vector[R] y_rest;
  real<lower=0> ss;  // squares that are the same whatever the parameters are
{% endmacro %}
{% macro parameters() %}
{{ family.parameters() -}}
{% endmacro %}
{% macro model(link) %}
  y ~ grouped_normal(eta, G, sigma);
  target += -(N - J * K) * log(sigma) - 0.5 * (ss + dot_self(y_rest - eta_rest)) / square(sigma);
{% endmacro %}
