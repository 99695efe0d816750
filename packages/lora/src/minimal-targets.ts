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
