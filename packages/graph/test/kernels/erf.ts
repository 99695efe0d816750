/**
 * Gauss error function to double precision: 2/sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (2n+1)!! (DLMF 7.6.2).
 *
 * All terms have one sign, so nothing cancels.
 */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
