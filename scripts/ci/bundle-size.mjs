// Bundles what a browser would load and measures it.
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { root } from './run-command.mjs';

// The bundler that tsup builds the packages with; it is no dependency of the repository itself.
const { build } = createRequire(createRequire(import.meta.url).resolve('tsup'))('esbuild');

/**
 * Bundles a module's source for browsers, minified. Fails when anything in it needs Node.
 *
 * @param {string} source import statements, with paths from the repository's root
 * @returns {Promise<{ gzipBytes: number, faults: string[] }>} size, or why it cannot be bundled
 */
export async function measureBundle(source) {
  try {
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: root },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    });
    return { gzipBytes: gzipSync(outputFiles[0].contents, { level: 9 }).length, faults: [] };
  } catch (error) {
    /** @type {{ errors?: { text: string, location?: { file: string, line: number } }[] }} */
    const { errors = [] } = /** @type {any} */ (error);
    if (errors.length === 0) throw error;
    return { gzipBytes: 0, faults: errors.map(({ text, location }) => `${location?.file}:${location?.line}: ${text}`) };
  }
}

/**
 * @typedef {object} Budget what a package may weigh
 * @property {{ gzipBytes: number, reason: string }} whole all exports together
 * @property {Readonly<Record<string, { gzipBytes: number, reason: string }>>} alone single exports, so that importing one does not load the rest
 */

/**
 * @param {string} entry path of a package's entry, from the repository's root
 * @param {Budget} budget
 * @returns {Promise<{ name: string, gzipBytes: number, fault: string | undefined }[]>}
 */
export async function checkBudget(entry, { whole, alone }) {
  const path = JSON.stringify(`./${entry}`);
  const checks = [
    { name: 'everything', source: `export * from ${path};`, limit: whole },
    ...Object.entries(alone).map(([name, limit]) => ({ name, source: `export { ${name} } from ${path};`, limit })),
  ];
  return Promise.all(
    checks.map(async ({ name, source, limit }) => {
      const { gzipBytes, faults } = await measureBundle(source);
      return { name, gzipBytes, fault: faults[0] ?? tooLarge(gzipBytes, limit) };
    }),
  );
}

/** @param {number} gzipBytes @param {{ gzipBytes: number, reason: string }} limit */
function tooLarge(gzipBytes, limit) {
  if (limit.reason.trim() === '') return 'the budget has no reason';
  if (gzipBytes <= limit.gzipBytes) return undefined;
  return `${gzipBytes} bytes gzipped, ${limit.gzipBytes} allowed; make it smaller, or raise the budget and say why`;
}
