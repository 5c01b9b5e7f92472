/** What a Dockerfile lets a person choose: its named stages and its build arguments. */

export interface DockerfileArgument {
  readonly name: string;
  /** As written, variables in it unexpanded. */
  readonly defaultValue?: string;
}

export interface DockerfileOutline {
  /** Names of stages, in order: what `--target` takes. */
  readonly stages: readonly string[];
  /** Each name once, with its first default. */
  readonly args: readonly DockerfileArgument[];
}

/** Tolerant: what is not understood is left out, since the builder says better what is wrong. */
export function parseDockerfileOutline(text: string): DockerfileOutline {
  const stages: string[] = [];
  const args = new Map<string, DockerfileArgument>();
  for (const line of logicalLines(text)) {
    const [, instruction = '', rest = ''] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
    if (instruction.toUpperCase() === 'FROM') {
      const name = /\sAS\s+([a-z][a-z0-9_.-]*)$/i.exec(rest)?.[1];
      if (name !== undefined && !stages.includes(name)) stages.push(name);
    } else if (instruction.toUpperCase() === 'ARG') {
      for (const argument of parseArguments(rest)) {
        const known = args.get(argument.name);
        if (known?.defaultValue === undefined) args.set(argument.name, argument);
      }
    }
  }
  return { stages, args: [...args.values()] };
}

/** `A`, `A=1`, and several on one line: `A=1 B="two words"`. */
export function parseArguments(text: string): DockerfileArgument[] {
  return [...text.matchAll(/(?:^|\s)([A-Za-z_]\w*)(?:=("(?:\\.|[^"\\])*"|'[^']*'|[^\s"']*))?(?=\s|$)/g)].map(
    ([, name, value]) => ({
      name: name!,
      ...(value !== undefined && { defaultValue: value.replace(/^(["'])(.*)\1$/s, '$2') }),
    }),
  );
}

/** Instructions as the builder sees them: joined over line continuations, without comments and here-documents. */
export function logicalLines(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const escape = /^#\s*escape\s*=\s*`/im.test(lines.slice(0, 5).join('\n')) ? '`' : '\\';
  const logical: string[] = [];
  let pending = '';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.trim();
    // Comments and empty lines may stand in the middle of a continued instruction.
    if (line === '' || line.startsWith('#')) continue;
    if (line.endsWith(escape)) {
      pending += `${line.slice(0, -1).trim()} `;
      continue;
    }
    const whole = pending + line;
    pending = '';
    logical.push(whole);
    if (!/^(?:RUN|COPY|ADD)\s/i.test(whole)) continue;
    for (const [, dash, word] of whole.matchAll(/<<(-?)["']?(\w+)["']?/g)) {
      while (++at < lines.length && (dash ? lines[at]!.trimStart() : lines[at]) !== word);
    }
  }
  if (pending !== '') logical.push(pending.trim());
  return logical;
}
