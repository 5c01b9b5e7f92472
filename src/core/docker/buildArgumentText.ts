/** Build arguments as people type them: `VERSION=1.2 TITLE="two words"`. */
import parseArgv from 'string-argv';
import { CoreError } from '../common/CoreError.ts';

/** @throws CoreError `invalidInput` with reason `buildArgument`, `details.subject` the part that is none. */
export function parseBuildArguments(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const part of parseArgv(text)) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(part) ?? [];
    if (name === undefined || value === undefined) {
      throw new CoreError('invalidInput', `not a build argument: ${JSON.stringify(part)}`, {
        reason: 'buildArgument',
        subject: part,
      });
    }
    values[name] = value;
  }
  return values;
}

/** parseBuildArguments of it gives the same values, unless one holds both kinds of quotes. */
export function formatBuildArguments(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(' ');
}

function quote(value: string): string {
  if (value !== '' && !/[\s"']/.test(value)) return value;
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
