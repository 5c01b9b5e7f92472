/** The images that the stages of a Dockerfile begin with: `FROM`, with the defaults of its build arguments filled in. */
import { logicalLines, parseArguments } from './dockerfileOutline.ts';

export interface DockerfileBase {
  /** As written behind FROM, arguments filled in. */
  readonly reference: string;
  /** Name of the stage, where it has one. */
  readonly stage?: string;
  /** `--platform`, arguments filled in; absent where it depends on where it is built. */
  readonly platform?: string;
}

/**
 * In the order of the stages. `scratch`, earlier stages and references with arguments that have no default are left out.
 * Source: Dockerfile reference, "Understand how ARG and FROM interact".
 */
export function parseDockerfileBases(text: string): DockerfileBase[] {
  const values = new Map<string, string>();
  const stages = new Set<string>();
  const bases: DockerfileBase[] = [];
  let hasStage = false;
  for (const line of logicalLines(text)) {
    const [, instruction = '', rest = ''] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
    if (instruction.toUpperCase() === 'ARG' && !hasStage) {
      for (const { name, defaultValue } of parseArguments(rest)) {
        const value = defaultValue === undefined ? undefined : substitute(defaultValue, values);
        if (value !== undefined) values.set(name, value);
      }
    } else if (instruction.toUpperCase() === 'FROM') {
      hasStage = true;
      const base = parseFrom(rest, values);
      if (base && base.reference !== 'scratch' && !stages.has(base.reference.toLowerCase())) bases.push(base);
      const stage = stageOf(rest);
      if (stage !== undefined) stages.add(stage.toLowerCase());
    }
  }
  return bases;
}

function parseFrom(text: string, values: ReadonlyMap<string, string>): DockerfileBase | undefined {
  const [, options = '', image = ''] = /^((?:--\S+\s+)*)(\S+)/.exec(text) ?? [];
  const reference = substitute(image, values);
  if (!reference) return undefined;
  const written = /--platform=(\S+)/.exec(options)?.[1];
  const platform = written && substitute(written, values);
  const stage = stageOf(text);
  return { reference, ...(stage !== undefined && { stage }), ...(platform && { platform }) };
}

function stageOf(text: string): string | undefined {
  return /\sAS\s+([a-z][a-z0-9_.-]*)$/i.exec(text)?.[1];
}

/** `$A`, `${A}`, `${A:-default}`, `${A:+other}`. Undefined where a value is not known. */
function substitute(text: string, values: ReadonlyMap<string, string>): string | undefined {
  let isKnown = true;
  const result = text.replace(
    /\$(?:\{(\w+)(?:(:?[-+])([^}]*))?\}|(\w+))/g,
    (_, braced: string | undefined, operator: string | undefined, word = '', plain: string | undefined) => {
      const value = values.get(braced ?? plain ?? '');
      const isSet = value !== undefined && (value !== '' || !operator?.startsWith(':'));
      if (operator?.endsWith('+')) return isSet ? String(word) : '';
      if (isSet) return value;
      if (operator?.endsWith('-')) return String(word);
      isKnown = false;
      return '';
    },
  );
  return isKnown ? result.replace(/^(["'])(.*)\1$/s, '$2') : undefined;
}
