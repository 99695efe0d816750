import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MmhsError } from './errors.ts';

/** Where the Hugging Face Hub is, and who asks. */
export interface HubAccess {
  /** Address of the Hub or of a mirror, without a slash at its end. */
  readonly endpoint: string;
  /** Access token, for gated and private repositories. */
  readonly token: string | undefined;
  /** Whether nothing may be asked over the network. */
  readonly offline: boolean;
}

/** {@link HubAccess}, and what this machine has of the Hub. */
export interface HubSettings extends HubAccess {
  /** The cache of models that Python's `huggingface_hub` and these libraries share. */
  readonly cacheFolder: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The Hub itself, without a token. */
export const publicHub: HubAccess = { endpoint: 'https://huggingface.co', token: undefined, offline: false };

/**
 * Reads the variables that Python's `huggingface_hub` reads: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, XDG_CACHE_HOME, HF_TOKEN,
 * HF_TOKEN_PATH, HF_HUB_DISABLE_IMPLICIT_TOKEN and HF_HUB_OFFLINE, with their older names.
 *
 * @throws MmhsError `MMHS_HUB_SETTINGS` when HF_ENDPOINT is no web address.
 */
export async function readHubSettings(options: {
  readonly env: Environment;
  /** The user's home folder. @default os.homedir() */
  readonly home?: string;
}): Promise<HubSettings> {
  const { env, home = homedir() } = options;
  const given = (...names: string[]): string | undefined => names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  const folder = (value: string): string => expand(value, env, home);
  const hubHome = folder(given('HF_HOME') ?? join(given('XDG_CACHE_HOME') ?? join(home, '.cache'), 'huggingface'));
  const readToken = async (): Promise<string | undefined> =>
    clean(given('HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN')) ?? clean(await readText(folder(given('HF_TOKEN_PATH') ?? join(hubHome, 'token'))));
  return {
    endpoint: checkEndpoint(given('HF_ENDPOINT') ?? publicHub.endpoint),
    cacheFolder: folder(given('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(hubHome, 'hub')),
    token: isTrue(env['HF_HUB_DISABLE_IMPLICIT_TOKEN']) ? undefined : await readToken(),
    offline: isTrue(given('HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE')),
  };
}

/** Python expands `~` and variables too, for values that no shell has seen. */
function expand(path: string, env: Environment, home: string): string {
  const withHome = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
  return withHome.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, plain?: string) => env[braced ?? plain ?? ''] ?? whole);
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function clean(token: string | undefined): string | undefined {
  return token?.trim() || undefined;
}

function checkEndpoint(endpoint: string): string {
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return endpoint.replace(/\/+$/, '');
  throw new MmhsError('MMHS_HUB_SETTINGS', 'The address of the Hub is not usable', {
    where: 'HF_ENDPOINT', got: JSON.stringify(endpoint), expected: `an address such as ${publicHub.endpoint}`,
  });
}
