import { dirname, relative, resolve, sep } from 'node:path';
import { whyForbidden, whyNotExternal } from './layers.mjs';

/** @typedef {import('./layers.mjs').Owner} Owner */

const resolvers = ['require.resolve', 'import.meta.resolve'];

/** @param {string} root @param {string} file @returns {Owner} */
function ownerOf(root, file) {
  const [folder = '', name = ''] = relative(root, file).split(sep);
  return folder === 'packages' || folder === 'apps' ? { folder, name } : { folder, name: '' };
}

/** @param {string} specifier @returns {string} `@scope/name` or `name` */
function packageName(specifier) {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * @param {{ root: string, file: string, specifier: string }} options
 * @returns {string | undefined} what is wrong with the import
 */
function findFault({ root, file, specifier }) {
  const importer = ownerOf(root, file);
  if (specifier.startsWith('.')) {
    const imported = ownerOf(root, resolve(dirname(file), specifier));
    if (imported.name === '' || (imported.folder === importer.folder && imported.name === importer.name)) return undefined;
    return whyForbidden(importer, imported) ?? 'import other packages by name, not by path';
  }
  const name = packageName(specifier);
  if (!name.startsWith('@mmhs/')) return whyNotExternal(importer, name);
  return whyForbidden(importer, { folder: 'packages', name: name.slice('@mmhs/'.length) });
}

/**
 * Fails on imports against the direction of the layers, in every spelling: import, export from, `import()`, `require()`
 * and types.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const importDirection = {
  meta: {
    type: 'problem',
    docs: { description: 'Packages import only what lies below them.' },
    messages: { forbidden: '"{{specifier}}": {{reason}}.' },
    schema: [],
  },
  create(context) {
    /** @param {any} node @param {any} source */
    const check = (node, source) => {
      if (typeof source?.value !== 'string') return;
      const reason = findFault({ root: context.cwd, file: context.filename, specifier: source.value });
      if (reason === undefined) return;
      context.report({ node, messageId: 'forbidden', data: { specifier: source.value, reason } });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (/** @type {any} */ node) => check(node, node.source),
      CallExpression: (node) => {
        const { callee } = node;
        const isRequire = callee.type === 'Identifier' && callee.name === 'require';
        const isResolve = callee.type === 'MemberExpression' && resolvers.includes(context.sourceCode.getText(callee));
        if (isRequire || isResolve) check(node, node.arguments[0]);
      },
    };
  },
};
