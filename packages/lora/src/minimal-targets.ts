import type { LinearModule, TensorSpec } from '@mmhs/core';

/** PEFT writes fewer paths than this as they are. */
const fewestShortened = 20;

/**
 * Shortens module paths to path endings that choose the same modules, as PEFT writes `target_modules` for `all-linear`.
 *
 * Endings do not depend on how a version of transformers prefixes its modules. Source: PEFT 0.21,
 * `_find_minimal_target_modules`.
 *
 * @param options.targets paths of the chosen modules
 * @param options.others paths of all other modules, which no ending may choose
 * @returns the endings, sorted
 */
export function minimalTargets(options: { readonly targets: readonly string[]; readonly others: Iterable<string> }): string[] {
  const taken = new Set([...options.others].flatMap(pathEndings));
  const chosen = new Set<string>();
  const byEndings = options.targets.map(pathEndings).sort(compareLists);
  for (const endings of byEndings) {
    if (endings.some((ending) => chosen.has(ending))) continue;
    const shortest = endings.find((ending) => !taken.has(ending));
    if (shortest !== undefined) chosen.add(shortest);
  }
  return [...chosen].sort();
}

/**
 * The names that PEFT writes as `target_modules` for `all-linear`: every linear but the head, what `exclude_modules` takes out
 * again included; as path endings when there are many. Source: PEFT 0.21, `inject_adapter`.
 *
 * @param options.tensors the model's checkpoint tensors, whose modules no ending may choose
 */
export function allLinearTargets(options: {
  readonly linears: readonly LinearModule[];
  readonly tensors: readonly TensorSpec[];
}): string[] {
  const { linears, tensors } = options;
  const targets = linears.filter(({ part }) => part !== 'head').map(({ path }) => path);
  if (targets.length < fewestShortened) return targets.toSorted();
  const others = modulePaths([...tensors.map(({ name }) => name), ...linears.map(({ path }) => `${path}.weight`)]);
  for (const path of targets) others.delete(path);
  return minimalTargets({ targets, others });
}

/** All module paths that checkpoint tensors (by their name among PEFT's modules) lie in. */
export function modulePaths(tensorNames: Iterable<string>): Set<string> {
  const paths = new Set<string>();
  for (const name of tensorNames) {
    const parts = name.split('.');
    for (let length = 1; length < parts.length; length += 1) paths.add(parts.slice(0, length).join('.'));
  }
  return paths;
}

/** `a.b.c` ends with `c`, `b.c` and `a.b.c`. */
function pathEndings(path: string): string[] {
  const parts = path.split('.');
  return parts.map((_, index) => parts.slice(parts.length - 1 - index).join('.'));
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [a.join('\n'), b.join('\n')];
  return left < right ? -1 : Number(left > right);
}
