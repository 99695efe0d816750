// Fails when a published type contains `any`, also one that was inferred. Reads the built declarations.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { root } from './run-command.mjs';

let found = 0;
for (const name of readdirSync(join(root, 'packages')).sort()) {
  const folder = join(root, 'packages', name, 'dist');
  const entries = existsSync(folder) ? readdirSync(folder, { encoding: 'utf8', recursive: true }) : [];
  const files = entries.filter((file) => file.endsWith('.d.ts'));
  if (files.length === 0) throw new Error(`packages/${name}/dist holds no types: build first`);
  for (const file of files) report(join(folder, file));
}
if (found > 0) process.exitCode = 1;
else console.log('No any in published types');

/** @param {string} file */
function report(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      console.error(`${relative(root, file)}:${line + 1}: ${source.text.split('\n')[line]?.trim()}`);
      found += 1;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
