/** Longest name on an axis, in characters. */
const longest = 28;

/** A name as an axis shows it: long ones lose their end. */
export function axisName(name: string): string {
  const characters = [...name];
  return characters.length <= longest ? name : `${characters.slice(0, longest - 1).join('').trimEnd()}…`;
}

/** Room for names beside an axis, in pixels. */
export function marginFor(names: readonly string[]): number {
  return 22 + 6.4 * Math.max(...names.map((name) => [...axisName(name)].length));
}
