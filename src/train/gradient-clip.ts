// Clipping of gradients by their global norm, as torch.nn.utils.clip_grad_norm_ does it. The sum of squares is kept in double
// precision.

/** Added to the norm before dividing by it; torch's number. */
const EPSILON = 1e-6;

/** √ of the sum of squares over all elements of all arrays; NaN or infinite where an element is. */
export function globalNorm(gradients: Iterable<Float32Array>): number {
  let sum = 0;
  for (const gradient of gradients)
    for (let i = 0; i < gradient.length; i += 1) sum += (gradient[i] as number) * (gradient[i] as number);
  return Math.sqrt(sum);
}

/**
 * Scales the gradients in place so that their global norm is at most `limit`; Infinity leaves them as they are.
 * @param norm their global norm
 */
export function clipToNorm(gradients: Iterable<Float32Array>, norm: number, limit: number): void {
  const factor = limit / (norm + EPSILON);
  if (!(factor < 1)) return;
  for (const gradient of gradients)
    for (let i = 0; i < gradient.length; i += 1) gradient[i] = (gradient[i] as number) * factor;
}
