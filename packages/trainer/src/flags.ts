export { renderHelp, formatValue, type HelpOptions } from './flags-help.ts';
export { mergeSettings } from './flags-merge.ts';
export { parseEnvironment, parseFlags, type GivenValue, type GivenValues } from './flags-parse.ts';
export {
  listSettings,
  setting,
  settingDescriptions,
  type Setting,
  type SettingDescription,
  type SettingsSchema,
} from './flags-settings.ts';
export { suggestName } from './flags-suggest.ts';
