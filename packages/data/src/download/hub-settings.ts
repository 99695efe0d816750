/** How to reach the Hugging Face Hub. */
export interface HubSettings {
  /** Address of the Hub or a mirror of it, without a slash at the end. */
  readonly endpoint: string;
  /** Access token, for gated and private repositories. */
  readonly token: string | undefined;
  /** Whether the network must not be used. */
  readonly offline: boolean;
}

/** Reads `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE` as the Hub's own tools do. */
export function readHubSettings(env: Readonly<Record<string, string | undefined>>): HubSettings {
  const text = (name: string): string | undefined => {
    const value = env[name]?.trim();
    return value === '' ? undefined : value;
  };
  return {
    endpoint: (text('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    token: text('HF_TOKEN'),
    offline: ['1', 'on', 'yes', 'true'].includes(text('HF_HUB_OFFLINE')?.toLowerCase() ?? ''),
  };
}
