import { MmhsError } from '@mmhs/core';

/**
 * Compiles a regular expression of Python's `re` so that `test` does what `re.fullmatch` does on module paths.
 *
 * Named groups, `\A`, `\Z`, comments, leading inline flags, `{,n}` and `]` as a class's first member are translated.
 * What JavaScript cannot express - conditionals, atomic groups, possessive quantifiers, flags inside - is an error,
 * and so are references back to groups, which JavaScript lets match where the group took no part.
 * `\d`, `\w` and `\s` know ASCII only, which is all that module paths contain.
 *
 * @throws MmhsError `MMHS_LORA_REGEX` naming the construct.
 */
export function compileFullMatch(pattern: string): RegExp {
  const { source, flags } = translate(pattern);
  return build(`^(?:${source})$`, flags, pattern);
}

/** Like {@link compileFullMatch} for Python's `re.match`: the start is anchored, the end is not. */
export function compileMatch(pattern: string): RegExp {
  const { source, flags } = translate(pattern);
  return build(`^(?:${source})`, flags, pattern);
}

function build(source: string, flags: string, pattern: string): RegExp {
  try {
    return new RegExp(source, `u${flags}`);
  } catch (cause) {
    throw refused(pattern, cause instanceof Error ? cause.message : String(cause));
  }
}

/** Token by token: each rule looks at the front of what is left and says what JavaScript writes for it. */
function translate(pattern: string): { source: string; flags: string } {
  const leading = /^\(\?([aiLmsux]+)\)/.exec(pattern);
  const flags = translateFlags(leading?.[1] ?? '', pattern);
  let rest = pattern.slice(leading?.[0].length ?? 0);
  let source = '';
  while (rest !== '') {
    const { taken, written } = rest.startsWith('[') ? translateClass(rest, pattern) : translateToken(rest, pattern);
    source += written;
    rest = rest.slice(taken);
  }
  return { source, flags };
}

function translateFlags(letters: string, pattern: string): string {
  for (const letter of letters) {
    if (!'aimsu'.includes(letter)) throw refused(pattern, `the flag ${letter}`);
  }
  return [...'ims'].filter((letter) => letters.includes(letter)).join('');
}

interface Translation {
  /** Characters of the Python pattern that are done. */
  readonly taken: number;
  /** What stands for them in JavaScript. */
  readonly written: string;
}

function translateToken(rest: string, pattern: string): Translation {
  if (rest.startsWith('(?')) return translateGroup(rest, pattern);
  if (rest.startsWith('\\')) return translateEscape(rest, pattern);
  const quantifier = /^(?:[*+?]|\{\d*,?\d*\})/.exec(rest)?.[0];
  if (quantifier !== undefined && quantifier !== '{}') {
    if (rest[quantifier.length] === '+') throw refused(pattern, `the possessive quantifier ${quantifier}+`);
    return { taken: quantifier.length, written: quantifier.replace('{,', '{0,') };
  }
  const [character = ''] = rest;
  return { taken: character.length, written: '{}]'.includes(character) ? `\\${character}` : character };
}

function translateGroup(rest: string, pattern: string): Translation {
  const plain = /^\(\?(?:[:=!]|<[=!])/.exec(rest);
  if (plain !== null) return { taken: plain[0].length, written: plain[0] };
  const named = /^\(\?P<([A-Za-z_]\w*)>/.exec(rest);
  if (named !== null) return { taken: named[0].length, written: `(?<${named[1]}>` };
  const comment = /^\(\?#[^)]*\)/.exec(rest);
  if (comment !== null) return { taken: comment[0].length, written: '' };
  throw refused(pattern, `the group ${rest.slice(0, 4)}`);
}

function translateEscape(rest: string, pattern: string): Translation {
  const character = rest[1] ?? '';
  if (character === 'A') return { taken: 2, written: '(?<![^])' };
  if (character === 'Z') return { taken: 2, written: '(?![^])' };
  const code = /^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})/.exec(rest);
  if (code !== null) return { taken: code[0].length, written: code[0] };
  if (/[bBdDsSwWnrtfv]/.test(character)) return { taken: 2, written: `\\${character}` };
  if (character === 'a') return { taken: 2, written: '\\x07' };
  if (character === '' || /[A-Za-z0-9]/.test(character)) throw refused(pattern, `the escape \\${character}`);
  return { taken: 2, written: literal(character) };
}

function translateClass(rest: string, pattern: string): Translation {
  const opening = rest.startsWith('[^') ? '[^' : '[';
  let taken = opening.length;
  let written = opening;
  let first = true;
  while (rest[taken] !== ']' || first) {
    if (taken >= rest.length) throw refused(pattern, 'a character class without end');
    first = false;
    if (rest[taken] === '\\') {
      const escape = translateEscape(rest.slice(taken), pattern);
      if (escape.written.startsWith('(') || escape.written === '\\B') throw refused(pattern, `${rest.slice(taken, taken + 2)} in a class`);
      taken += escape.taken;
      written += escape.written;
    } else {
      written += /[\][]/.test(rest[taken] ?? '') ? `\\${rest[taken]}` : rest[taken];
      taken += 1;
    }
  }
  return { taken: taken + 1, written: `${written}]` };
}

/** A character that stands for itself; JavaScript's `u` mode allows `\` before syntax characters only. */
function literal(character: string): string {
  if (/[\^$\\.*+?()[\]{}|/]/.test(character)) return `\\${character}`;
  return character === '-' ? '\\x2d' : character;
}

function refused(pattern: string, construct: string): MmhsError {
  return new MmhsError('MMHS_LORA_REGEX', 'The regular expression cannot be used', {
    where: pattern,
    got: construct,
    expected: "constructs that Python's re and JavaScript share",
    fix: 'write it without them, or list the module names instead',
  });
}
