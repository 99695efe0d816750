import { z } from 'zod';

/** What a setting's help says about it, besides its type and default, which its schema knows. */
export interface SettingDescription {
  /** Heading in the help. */
  readonly group: string;
  /** One sentence or two: what it does, and in which unit. */
  readonly help: string;
  /** Word that stands for the value in the help, such as `FILE`; by default it follows from the type. */
  readonly value?: string;
  /** What the default does, where the value alone does not say it. */
  readonly byDefault?: string;
  /** Default of the Python original, where it differs. */
  readonly original?: string;
  /** Other names, in snake_case. */
  readonly aliases?: readonly string[];
  /** Why the setting, accepted for the sake of the original's commands, changes nothing here. */
  readonly inert?: string;
}

/** Descriptions of the settings of every command, by their schema. */
export const settingDescriptions = z.registry<SettingDescription>();

/** A field's schema with what the help says about it; a schema may be used for several fields. */
export function setting<Field extends z.ZodType>(field: Field, description: SettingDescription): Field {
  const own = field.clone() as Field;
  settingDescriptions.add(own, description);
  return own;
}

/** A strict object schema each of whose fields is one setting: a flag, a variable and a key of the config file. */
export type SettingsSchema = z.ZodObject<Readonly<Record<string, z.ZodType>>, z.core.$strict>;

/** One setting of a {@link SettingsSchema}, taken apart. */
export interface Setting {
  /** Name in snake_case, as in the config file. */
  readonly name: string;
  readonly description: SettingDescription;
  /** Schema of a value that is there: without default and null. */
  readonly type: z.ZodType;
  readonly nullable: boolean;
  readonly defaultValue: unknown;
}

/**
 * Lists a schema's settings in order.
 *
 * @throws Error when a field lacks its description: a mistake in the schema, not in its use.
 */
export function listSettings(schema: SettingsSchema): Setting[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const description = settingDescriptions.get(field);
    if (description === undefined) throw new Error(`The setting ${name} has no description`);
    return { name, description, ...takeApart(field) };
  });
}

function takeApart(field: z.ZodType): Pick<Setting, 'type' | 'nullable' | 'defaultValue'> {
  let type: unknown = field;
  let nullable = false;
  while (type instanceof z.ZodDefault || type instanceof z.ZodNullable) {
    nullable ||= type instanceof z.ZodNullable;
    type = type.unwrap();
  }
  return { type: type as z.ZodType, nullable, defaultValue: defaultOf(field) };
}

function defaultOf(field: z.ZodType): unknown {
  const parsed = field.safeParse(undefined);
  return parsed.success ? parsed.data : undefined;
}

/** Finds settings by any spelling of their names: snake_case, kebab-case, aliases. */
export function indexSettings(settings: readonly Setting[]): ReadonlyMap<string, Setting> {
  return new Map(
    settings.flatMap((setting) =>
      [setting.name, ...(setting.description.aliases ?? [])].map((name): [string, Setting] => [name, setting]),
    ),
  );
}

/** `learning-rate` as `learning_rate`: both spellings are one name. */
export function toSnakeCase(name: string): string {
  return name.replaceAll('-', '_');
}
