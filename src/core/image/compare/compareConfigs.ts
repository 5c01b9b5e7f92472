/** How two images run, side by side: what differs in their configs. History and layers are compared apart. */
import type { Healthcheck, ImageConfig } from '../../oci/imageConfig.ts';

export type ConfigSection = 'platform' | 'runtime' | 'environment' | 'labels';

/** What a difference is about, where it is no variable and no label. */
export type ConfigField =
  | 'os'
  | 'osVersion'
  | 'architecture'
  | 'variant'
  | 'entrypoint'
  | 'command'
  | 'user'
  | 'workingDirectory'
  | 'ports'
  | 'volumes'
  | 'stopSignal'
  | 'shell'
  | 'healthcheck'
  | 'author';

export interface ConfigDifference {
  readonly section: ConfigSection;
  /** A ConfigField, or in `environment` and `labels` the name of the variable or label. */
  readonly name: string;
  /** Undefined: not there. Lists that are run are as JSON writes them, the others one item a line. */
  readonly before?: string;
  readonly after?: string;
}

/** In the order in which a person reads a config; variables in their order, labels by name. */
export function compareConfigs(before: ImageConfig, after: ImageConfig): ConfigDifference[] {
  return [
    ...differences('platform', platformOf(before), platformOf(after)),
    ...differences('runtime', runtimeOf(before), runtimeOf(after)),
    ...differences('environment', variablesOf(before), variablesOf(after)),
    ...differences('labels', labelsOf(before), labelsOf(after)).sort((a, b) =>
      a.name.localeCompare(b.name, 'en'),
    ),
  ];
}

type Values = ReadonlyMap<string, string>;

function differences(section: ConfigSection, before: Values, after: Values): ConfigDifference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [left, right] = [before.get(name), after.get(name)];
    if (left === right) return [];
    return [
      {
        section,
        name,
        ...(left !== undefined && { before: left }),
        ...(right !== undefined && { after: right }),
      },
    ];
  });
}

function platformOf({ os, osVersion, architecture, variant }: ImageConfig): Values {
  return known([
    ['os', os],
    ['osVersion', osVersion],
    ['architecture', architecture],
    ['variant', variant],
  ]);
}

function runtimeOf(config: ImageConfig): Values {
  return known([
    ['entrypoint', asArguments(config.entrypoint)],
    ['command', asArguments(config.cmd)],
    ['user', config.user],
    ['workingDirectory', config.workingDir],
    ['ports', config.exposedPorts.join('\n')],
    ['volumes', config.volumes.join('\n')],
    ['stopSignal', config.stopSignal],
    ['shell', asArguments(config.shell)],
    ['healthcheck', config.healthcheck && asHealthcheck(config.healthcheck)],
    ['author', config.author],
  ]);
}

function variablesOf({ env }: ImageConfig): Values {
  return new Map(env.map(({ name, value }) => [name, value]));
}

function labelsOf({ labels }: ImageConfig): Values {
  return new Map(Object.entries(labels));
}

function known(entries: readonly (readonly [ConfigField, string | undefined])[]): Values {
  return new Map(entries.filter((entry): entry is [ConfigField, string] => !!entry[1]));
}

/** Spaces inside an argument stay told from those between two. */
function asArguments(words: readonly string[]): string {
  return words.length === 0 ? '' : JSON.stringify(words);
}

function asHealthcheck({ test, ...timing }: Healthcheck): string {
  return [asArguments(test), ...Object.entries(timing).map(([name, value]) => `${name}: ${value}`)].join(
    '\n',
  );
}
