/**
 * Who may import whom: a package may import packages of a lower layer, never of its own or a higher one. Two libraries
 * of one layer therefore do not know each other, and no library can import an app.
 *
 * @type {readonly (readonly string[])[]}
 */
export const layers = [
  ['core'],
  ['metrics', 'parse', 'prompts', 'images', 'data'],
  ['graph'],
  ['runtime'],
  ['lora'],
  ['models-*'],
  ['trainer'],
];

/** Libraries that work for any model: they may not import one, whatever their layer. */
export const modelAgnostic = ['trainer', 'lora', 'runtime', 'graph'];

/**
 * External packages that one library wraps for all others. `exceptFolders` names other folders that may use them.
 *
 * @type {Readonly<Record<string, { readonly owner: string, readonly exceptFolders: readonly string[] }>>}
 */
export const wrapped = {
  'onnxruntime-node': { owner: 'runtime', exceptFolders: [] },
  sharp: { owner: 'images', exceptFolders: ['scripts', 'bench'] },
};

const appLayer = layers.length;

/** @param {string} name @returns {number} */
function layerOf(name) {
  const layer = layers.findIndex((names) => names.includes(name.startsWith('models-') ? 'models-*' : name));
  if (layer === -1) throw new Error(`packages/${name} has no layer: add it to scripts/ci/lint/layers.mjs`);
  return layer;
}

/**
 * @typedef {{ readonly folder: string, readonly name: string }} Owner Part of the repository that owns a file:
 *   `{ folder: 'packages', name: 'graph' }`, `{ folder: 'scripts', name: '' }`.
 */

/**
 * Why `importer` must not import the workspace package `imported`, or undefined when it may.
 *
 * @param {Owner} importer
 * @param {Owner} imported
 * @returns {string | undefined}
 */
export function whyForbidden(importer, imported) {
  if (importer.folder !== 'packages' && importer.folder !== 'apps') return undefined;
  if (importer.folder === imported.folder && importer.name === imported.name) return undefined;
  if (imported.folder === 'apps') return 'nothing imports an app';
  if (importer.folder === 'packages' && imported.name.startsWith('models-') && modelAgnostic.includes(importer.name)) {
    return `${importer.name} works for any model: give the VlmFamily contract of @mmhs/core a property instead`;
  }
  const own = importer.folder === 'apps' ? appLayer : layerOf(importer.name);
  const other = layerOf(imported.name);
  if (other < own) return undefined;
  return `${imported.name} is not in a lower layer than ${importer.name} (scripts/ci/lint/layers.mjs)`;
}

/**
 * Why `importer` must not use the external package `name`, or undefined when it may.
 *
 * @param {Owner} importer
 * @param {string} name
 * @returns {string | undefined}
 */
export function whyNotExternal(importer, name) {
  const rule = wrapped[name];
  if (rule === undefined || rule.exceptFolders.includes(importer.folder)) return undefined;
  if (importer.folder === 'packages' && importer.name === rule.owner) return undefined;
  return `only @mmhs/${rule.owner} touches ${name}`;
}
