import { listSettings, type Setting, type SettingsSchema } from './flags-settings.ts';
import { describeType } from './flags-value.ts';

/** What the help of a command says besides its flags. */
export interface HelpOptions {
  readonly schema: SettingsSchema;
  /** One sentence: what the command does. */
  readonly summary: string;
  /** How it is called. */
  readonly usage: string;
  /** Commands with what each is for, the most common first. */
  readonly examples: readonly { readonly command: string; readonly purpose: string }[];
  /** Paragraphs after the flags. */
  readonly notes?: readonly string[];
  /** Width in characters. @default 100 */
  readonly width?: number;
}

/** Writes the help text of a command: summary, usage, examples, and the flags by group with types and defaults. */
export function renderHelp(options: HelpOptions): string {
  const { schema, summary, usage, examples, notes = [], width = 100 } = options;
  const settings = listSettings(schema);
  const groups = [...new Set(settings.map((setting) => setting.description.group))];
  const sections = [
    summary,
    `USAGE\n  ${usage}`,
    `EXAMPLES\n${examples.map(({ command, purpose }) => `  ${command}\n      ${purpose}`).join('\n')}`,
    ...groups.map((group) => {
      const flags = settings.filter((setting) => setting.description.group === group);
      return `${group.toUpperCase()}\n${flags.map((setting) => renderFlag(setting, width)).join('\n')}`;
    }),
    ...notes.map((note) => wrap(note, width, '')),
  ];
  return `${sections.join('\n\n')}\n`;
}

function renderFlag(setting: Setting, width: number): string {
  const { name, description } = setting;
  const type = describeType(setting);
  const names = [name, ...(description.aliases ?? [])].map((spelling) => `--${spelling}`).join(', ');
  const head = type === undefined ? `${names}, --no-${name}` : `${names} ${type}`;
  return `  ${head}\n${wrap(`${describeEffect(setting)} ${describeDefault(setting)}`, width, '      ')}`;
}

function describeEffect({ description }: Setting): string {
  return description.inert === undefined ? description.help : `${description.help} No effect here: ${description.inert}`;
}

function describeDefault({ defaultValue, description }: Setting): string {
  const { byDefault, original } = description;
  if (defaultValue === undefined) return '[required]';
  const value = byDefault === undefined ? formatValue(defaultValue)
    : defaultValue === null ? byDefault
    : `${formatValue(defaultValue)}: ${byDefault}`;
  return `[default: ${value}${original === undefined ? '' : `; original: ${original}`}]`;
}

/** Writes a value as a flag would take it. */
export function formatValue(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.some((item) => String(item).includes(',')) ? JSON.stringify(value) : value.join(',');
  if (typeof value === 'object') return JSON.stringify(value);
  return value === '' ? '""' : String(value);
}

function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent.length + longer.length > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((each) => indent + each).join('\n');
}
