{# Normal observations with the group effects integrated out, in rows whose squares are the observations'.
   Contract: that of a family's file; model reads `eta`, `eta_rest` and `G` of fragments/marginal.stan. #}
{% macro functions(s) %}
  /**
   * Normal rows of groups with group effects integrated out: the covariance of a group's K rows is
   * sigma^2 I + G_d G_d' for its kind d (Laird and Ware 1982, section 2), with Cholesky factor C, here an entry at
   * a time for all kinds. The density has a factor 1 / det(C) for each of the groups of a kind.
   *
   * @param y (H K) the first row of each group, then the second
   * @param eta (H K) their means without group effects
   * @param G (D K x K) rows of Z of each kind times a factor of the covariance of the effects
   * @param sigma residual standard deviation
   * @param kind (H) of each group
   * @param size (D) groups of each kind
   * @return log density up to a constant
   */
  real grouped_normal_lpdf(vector y, vector eta, matrix G, real sigma, array[] int kind, vector size) {
    int K = cols(G);
    int D = rows(G) %/% K;
    int H = num_elements(kind);
    vector[H * K] e = y - eta;
    array[K, K] vector[D] C;
    array[K] vector[H] z;
    real lp = 0;
    for (p in 1:K) {
      z[p] = segment(e, (p - 1) * H + 1, H);
      for (q in 1:p) {
        C[p, q] = rows_dot_product(block(G, (p - 1) * D + 1, 1, D, K), block(G, (q - 1) * D + 1, 1, D, K));
        for (r in 1:(q - 1)) {
          C[p, q] -= C[p, r] .* C[q, r];
        }
        if (q < p) {
          C[p, q] ./= C[q, q];
          z[p] -= C[p, q][kind] .* z[q];
        }
      }
      C[p, p] = sqrt(square(sigma) + C[p, p]);
      z[p] ./= C[p, p][kind];
      lp += -dot_product(size, log(C[p, p])) - 0.5 * dot_self(z[p]);
    }
    return lp;
  }
{% endmacro %}
{% macro data(s) %}
  // Response: rows are already times the square roots of their weights, less the offset
  real<lower=0> N;  // observations; weights that are exponents make it real
  vector[H * K] y;
  vector[R] y_rest;
  real<lower=0> ss;  // squares that are the same whatever the parameters are
{% endmacro %}
{% macro model(s, link) %}
  y ~ grouped_normal(eta, G, sigma, kind, size);
  target += -(N - J * K) * log(sigma) - 0.5 * (ss + dot_self(y_rest - eta_rest)) / square(sigma);
{% endmacro %}
