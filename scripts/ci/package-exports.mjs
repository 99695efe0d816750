import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/**
 * @typedef {{ readonly name: string, readonly isType: boolean, readonly isDocumented: boolean }} Export
 *   A name that a package exports; those of other packages count as documented there.
 */

/**
 * What the entry files of a package export.
 *
 * @param {string} folder the package's.
 * @returns {Export[]}
 */
export function readExports(folder) {
  /** @type {{ exports: Record<string, string | Record<string, string>> }} */
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : readModule(join(folder, entry['@mmhs/source'] ?? ''))));
}

/** @param {string} file @returns {Export[]} */
function readModule(file) {
  const { statements } = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  return statements.flatMap((statement) => (ts.isExportDeclaration(statement) ? readReexports(file, statement) : readDeclarations(statement)));
}

/** @param {string} file @param {ts.ExportDeclaration} statement @returns {Export[]} */
function readReexports(file, { exportClause, moduleSpecifier, isTypeOnly }) {
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) throw new Error(`${file}: export names, not everything`);
  const from = moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
  const there = from.startsWith('.') ? readModule(join(dirname(file), from)) : undefined;
  return exportClause.elements.map(({ name, propertyName, isTypeOnly: isType }) => ({
    name: name.text,
    isType: isTypeOnly || isType,
    isDocumented: there === undefined || there.some((each) => each.name === (propertyName ?? name).text && each.isDocumented),
  }));
}

/** @param {ts.Statement} statement @returns {Export[]} */
function readDeclarations(statement) {
  const isExported = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  if (isExported !== true) return [];
  const nodes = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [/** @type {ts.DeclarationStatement} */ (statement)];
  return nodes.map(({ name }) => ({
    name: name?.getText() ?? '',
    isType: ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement),
    isDocumented: ts.getJSDocCommentsAndTags(statement).length > 0,
  }));
}

/**
 * The names in a README's tables of exports: the code in the first column, without arguments. Methods, which have a dot, are left out.
 *
 * @param {string} readme its text.
 * @returns {Set<string>}
 */
export function readTableNames(readme) {
  /** @type {Set<string>} */
  const names = new Set();
  let isInTable = false;
  for (const line of readme.split('\n')) {
    const [, first = ''] = line.split(/(?<!\\)\|/);
    isInTable = line.startsWith('|') && (isInTable || first.trim() === 'export');
    if (!isInTable) continue;
    for (const [, code = ''] of first.matchAll(/`([^`]*)`/g)) {
      const words = code.replace(/\(.*$/, '').split(/\s+/);
      for (const word of words) if (/^[\w$]+$/.test(word)) names.add(word);
    }
  }
  return names;
}
