/**
 * Turns interleaved CMYK samples into RGB as Pillow does without a colour profile:
 * `max(0, n - round(c * n / 255))` with `n = 255 - k`, for each of the three inks.
 */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const white = 255 - cmyk[from + 3]!;
    for (let ink = 0; ink < 3; ink += 1) {
      rgb[to + ink] = white - Math.floor((cmyk[from + ink]! * white + 127) / 255);
    }
  }
  return rgb;
}
