import { MmhsError, type LinearModule } from '@mmhs/core';
import type { LoraConfig } from './config.ts';
import { compileFullMatch, compileMatch } from './python-regex.ts';

/** The settings that choose modules. */
export type ModuleSelection = Pick<
  LoraConfig,
  'target_modules' | 'exclude_modules' | 'modules_to_save' | 'layers_to_transform' | 'layers_pattern'
>;

/**
 * Finds the linears that get an adapter, by PEFT's rules, in the order of `linears`.
 *
 * A list entry matches a path that equals it or ends with `.` + entry; a string is a Python regular expression that must
 * match a whole path; `all-linear` means every linear but the head. `exclude_modules` follows the same rules and wins.
 * Modules inside `modules_to_save` are left out. `layers_to_transform` keeps layers by the first number in the path (or the
 * one after `layers_pattern`), except for entries that name a whole path. Source: PEFT 0.21, `check_target_module_exists`.
 *
 * @throws MmhsError `MMHS_LORA_NO_MATCH` listing the linears when nothing matches.
 */
export function matchModules(options: {
  readonly linears: readonly LinearModule[];
  readonly config: ModuleSelection;
}): LinearModule[] {
  const { linears, config } = options;
  const isTarget = targetTest(config);
  const isExcluded = exclusionTest(config);
  const matched = linears.filter((linear) => isTarget(linear) && !isExcluded(linear.path));
  if (matched.length > 0) return matched;
  throw new MmhsError('MMHS_LORA_NO_MATCH', 'No linear layer of the model matches the LoRA targets', {
    where: 'target_modules',
    got: JSON.stringify(config.target_modules),
    expected: `some of: ${summarise(linears)}`,
    fix: "name path endings such as q_proj, a regular expression on whole paths, or all-linear",
  });
}

/** Whether `path` equals one of the entries or ends with a dot and one of them. */
function endsWithEntry(path: string, entries: readonly string[]): boolean {
  return entries.some((entry) => path === entry || path.endsWith(`.${entry}`));
}

function targetTest(config: ModuleSelection): (linear: LinearModule) => boolean {
  const { target_modules: targets } = config;
  if (targets === null) {
    throw new MmhsError('MMHS_LORA_NO_MATCH', 'No LoRA targets are given', { where: 'target_modules', got: 'null' });
  }
  if (typeof targets === 'string') {
    if (targets.toLowerCase() === 'all-linear') return ({ part }) => part !== 'head';
    const expression = compileFullMatch(targets);
    return ({ path }) => expression.test(path);
  }
  const layerOf = layerFinder(config.layers_pattern);
  const layers = typeof config.layers_to_transform === 'number' ? [config.layers_to_transform] : config.layers_to_transform ?? [];
  return ({ path }) => {
    if (targets.includes(path)) return true;
    if (!endsWithEntry(path, targets)) return false;
    if (layers.length === 0) return true;
    const layer = layerOf(path);
    return layer !== undefined && layers.includes(layer);
  };
}

function exclusionTest(config: ModuleSelection): (path: string) => boolean {
  const { exclude_modules: excluded, modules_to_save: saved } = config;
  const inSaved = (saved ?? []).map((name) => compileMatch(`(^|.*\\.)${name}($|\\..*)`));
  const isExcluded = excludedByName(excluded);
  return (path) => isExcluded(path) || inSaved.some((expression) => expression.test(path));
}

function excludedByName(excluded: ModuleSelection['exclude_modules']): (path: string) => boolean {
  if (excluded === null || excluded.length === 0) return () => false;
  if (typeof excluded !== 'string') return (path) => endsWithEntry(path, excluded);
  const expression = compileFullMatch(excluded);
  return (path) => expression.test(path);
}

function layerFinder(pattern: ModuleSelection['layers_pattern']): (path: string) => number | undefined {
  const patterns = typeof pattern === 'string' ? [pattern] : pattern ?? [];
  const expressions = patterns.filter((entry) => entry !== '').map((entry) => compileMatch(`(?:^|.*?\\.)${entry}\\.(?P<idx>\\d+)\\.`));
  if (expressions.length === 0) expressions.push(compileMatch('.*?\\.[^.]*\\.(?P<idx>\\d+)\\.'));
  return (path) => {
    for (const expression of expressions) {
      const digits = expression.exec(path)?.groups?.idx;
      if (digits !== undefined) return Number(digits);
    }
    return undefined;
  };
}

/** The linears' paths with layer numbers folded, so that the message stays readable for deep models. */
function summarise(linears: readonly LinearModule[]): string {
  return [...new Set(linears.map(({ path }) => path.replace(/\.\d+(?=\.|$)/g, '.N')))].join(', ');
}
