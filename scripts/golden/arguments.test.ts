import { expect, it } from 'vitest';

import { readArguments, UsageError } from './arguments.ts';

it('takes a folder relative to where the command was called, and a family', () => {
  expect(readArguments(['--dir', 'golden'], '/home/me')).toEqual({ folder: '/home/me/golden', family: undefined });
  expect(readArguments(['--', '--dir', '/data', '--family=smol'], '/')).toEqual({ folder: '/data', family: 'smol' });
  expect(readArguments(['--help'], '/')).toBe('help');
});

it.each([[[]], [['--dir']], [['--dir', '']], [['--dir', 'x', '--famly', 'smol']], [['x']]])('refuses %j', (args) => {
  expect(() => readArguments(args, '/')).toThrow(UsageError);
});
