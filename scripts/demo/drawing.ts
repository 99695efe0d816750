import type { RgbImage } from '@mmhs/core';
import type { Random } from '@mmhs/data';

/** Width and height of every demo picture, in pixels. */
export const pictureSize = 64;

/** Whether a point belongs to a symbol; both coordinates run from -1 to 1, the second one downwards. */
const shapeTests = {
  circle: (x: number, y: number) => x * x + y * y <= 1,
  square: (x: number, y: number) => Math.max(Math.abs(x), Math.abs(y)) <= 0.85,
  ring: (x: number, y: number) => x * x + y * y <= 1 && x * x + y * y >= 0.36,
  diamond: (x: number, y: number) => Math.abs(x) + Math.abs(y) <= 1,
  arrow: (x: number, y: number) => (y <= 0 ? Math.abs(x) <= 0.9 * (y + 1) : Math.abs(x) <= 0.3) && Math.abs(y) <= 1,
  stripes: (x: number, y: number) => Math.abs(x) <= 0.95 && [-0.72, 0, 0.72].some((bar) => Math.abs(y - bar) <= 0.2),
} as const;

const colourValues = {
  red: [214, 40, 40],
  blue: [40, 80, 210],
  green: [30, 150, 70],
  yellow: [235, 190, 20],
} as const;

/** A symbol's outline. */
export type Shape = keyof typeof shapeTests;
/** A symbol's colour. */
export type Colour = keyof typeof colourValues;
export const shapes = Object.keys(shapeTests) as Shape[];
export const colours = Object.keys(colourValues) as Colour[];

/** Draws one large symbol on a light ground; place, size and shades vary a little. */
export function drawSymbol(options: { readonly shape: Shape; readonly colour: Colour; readonly random: Random }): RgbImage {
  const { shape, colour, random } = options;
  const between = (low: number, high: number): number => low + random.next() * (high - low);
  const radius = between(18, 24);
  const centre = [between(27, 37), between(27, 37)] as const;
  const ink = colourValues[colour].map((value) => Math.min(255, Math.max(0, value + between(-20, 20))));
  const ground = [0, 1, 2].map(() => between(225, 250));
  const data = new Uint8Array(pictureSize * pictureSize * 3);
  for (let row = 0; row < pictureSize; row += 1) {
    for (let column = 0; column < pictureSize; column += 1) {
      const covered = coverage(shapeTests[shape], (column - centre[0]) / radius, (row - centre[1]) / radius, 1 / radius);
      for (const channel of [0, 1, 2] as const) {
        const value = covered * (ink[channel] ?? 0) + (1 - covered) * (ground[channel] ?? 0);
        data[(row * pictureSize + column) * 3 + channel] = Math.round(value);
      }
    }
  }
  return { width: pictureSize, height: pictureSize, data };
}

const samplesPerSide = 4;

/** Share of a pixel that the shape covers, by 4 x 4 samples; a pixel whose corners agree is taken to be all of one kind. */
function coverage(contains: (x: number, y: number) => boolean, left: number, top: number, pixel: number): number {
  const right = left + pixel;
  const bottom = top + pixel;
  const corner = contains(left, top);
  if (contains(right, top) === corner && contains(left, bottom) === corner && contains(right, bottom) === corner) {
    return corner ? 1 : 0;
  }
  let inside = 0;
  for (let index = 0; index < samplesPerSide ** 2; index += 1) {
    const x = left + (((index % samplesPerSide) + 0.5) / samplesPerSide) * pixel;
    const y = top + ((Math.floor(index / samplesPerSide) + 0.5) / samplesPerSide) * pixel;
    if (contains(x, y)) inside += 1;
  }
  return inside / samplesPerSide ** 2;
}
