/** The tables of README.md that package.json already knows: settings and commands, written from it and never by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

interface Setting {
  readonly type: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly scope?: string;
  readonly order?: number;
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly items?: { readonly properties: Readonly<Record<string, Setting>> };
}

interface MenuItem {
  readonly command: string;
  readonly when?: string;
}

interface Keybinding extends MenuItem {
  readonly key: string;
  readonly mac: string;
}

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly keybindings: readonly Keybinding[];
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
  };
}

type Row = readonly string[];

/** README.md in `root` as it should be, formatted. @throws Error when it has no place for one of the tables. */
export async function createReadme(root: string): Promise<string> {
  const read = (name: string) => readFileSync(join(root, name), 'utf8');
  const strings = JSON.parse(read('package.nls.json')) as Record<string, string>;
  const text = read('package.json').replaceAll(/"%([\w.]+)%"/g, (_, key: string) =>
    JSON.stringify(strings[key]),
  );
  const { contributes } = JSON.parse(text) as Manifest;
  const { properties } = contributes.configuration;
  const tables = {
    settings: settingsTable(properties),
    connection: connectionTable(properties['berth.connections']?.items?.properties ?? {}),
    commands: commandsTable(contributes),
  };
  let readme = read('README.md');
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- ${name} -->).*?(<!-- /${name} -->)`, 's');
    if (!place.test(readme)) throw new Error(`README.md has no place for the table of ${name}`);
    readme = readme.replace(place, (_, start: string, end: string) => `${start}\n\n${table}\n\n${end}`);
  }
  const file = join(root, 'README.md');
  return format(readme, { ...(await resolveConfig(file)), filepath: file });
}

function settingsTable(settings: Readonly<Record<string, Setting>>): string {
  const rows = Object.entries(settings)
    .sort(([, a], [, b]) => (a.order ?? 0) - (b.order ?? 0))
    .map(([name, setting]) => [
      `\`${name}\``,
      `\`${JSON.stringify(setting.default)}\``,
      meaning(setting),
      setting.scope === 'machine' ? 'machine' : 'user, workspace',
    ]);
  return table(['Setting', 'Default', 'Meaning', 'Scope'], rows);
}

function connectionTable(properties: Readonly<Record<string, Setting>>): string {
  return table(
    ['Property', 'Meaning'],
    Object.entries(properties).map(([name, setting]) => [`\`${name}\``, meaning(setting)]),
  );
}

function meaning({ description, markdownDescription, enum: values }: Setting): string {
  const choices = values ? ` (${values.map((value) => `\`${value}\``).join(', ')})` : '';
  return `${markdownDescription ?? description ?? ''}${choices}`;
}

/** Those a person can start by name, menu or key. */
function commandsTable(contributes: Manifest['contributes']): string {
  const { commandPalette = [], ...menus } = contributes.menus;
  const hidden = new Set(commandPalette.filter(({ when }) => when === 'false').map(({ command }) => command));
  const views = Object.values(contributes.views).flat();
  const places = (command: string) =>
    Object.entries(menus).flatMap(([menu, items]) =>
      items
        .filter((item) => item.command === command)
        .flatMap(({ when = '' }) => {
          if (menu.startsWith('explorer/')) return ['Explorer'];
          if (menu.startsWith('editor/')) return ['editor'];
          return views.filter(({ id }) => when.includes(`view == ${id}`)).map(({ name }) => name);
        }),
    );
  const keys = (command: string) =>
    contributes.keybindings
      .filter((binding) => binding.command === command)
      .map(({ key, mac }) => `${key} (macOS: ${mac})`);
  const rows = contributes.commands
    .map(({ command, title }) => [
      title,
      hidden.has(command) ? '' : 'yes',
      [...new Set(places(command))].join(', '),
      [...new Set(keys(command))].join(', '),
    ])
    .filter(([, ...ways]) => ways.some((way) => way !== ''));
  return table(['Command', 'Palette', 'Menus', 'Key'], rows);
}

function table(heads: Row, rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
