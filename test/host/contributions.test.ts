/** What package.json promises, held against the code and against itself, in the extension host that reads it. */
import * as assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { createCommands } from '../../src/commands/index.ts';
import type { Services } from '../../src/commands/Services.ts';
import type { ContextKeys } from '../../src/platform/ContextKeys.ts';

interface Clause {
  readonly command?: string;
  readonly when?: string;
}

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: string[] } };
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<string, readonly Clause[]>>;
    readonly keybindings: readonly Clause[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly (Clause & { readonly view: string; readonly contents: string })[];
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly {
        readonly description: string;
        readonly media: { readonly svg: string };
        readonly completionEvents: readonly string[];
      }[];
    }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope?: string }>> };
  };
}

/** Values of the keys that are compared by name; types keep both lists complete. */
const DOCKER_STATES: Record<ContextKeys['berth.dockerState'], true> = {
  unknown: true,
  missing: true,
  unreachable: true,
  untrusted: true,
  empty: true,
  ready: true,
};
const CONTEXT_KEYS: Record<keyof ContextKeys, Readonly<Record<string, true>> | undefined> = {
  'berth.connectionCount': undefined,
  'berth.browsedImageCount': undefined,
  'berth.imageSelectedForCompare': undefined,
  'berth.dockerState': DOCKER_STATES,
};

/** Stands for every service, and for what services have: commands only keep what they are given until they run. */
const anything: unknown = new Proxy(() => anything, { get: () => anything });

/** Settings that name a program, or what one does: no workspace may set them. */
const RUNS_PROGRAMS = /^berth\.(docker|build|localRegistry)\./;

describe('package.json', () => {
  const extension = vscode.extensions.getExtension<unknown>('berth.berth')!;
  const read = (file: string) => readFileSync(join(extension.extensionPath, file), 'utf8');
  /** As written, and as VS Code sees it with the strings in place. */
  const raw = read('package.json');
  const manifest = extension.packageJSON as Manifest;
  const { contributes } = manifest;
  const contributed = new Set(contributes.commands.map(({ command }) => command));

  before(() => extension.activate());

  it('names the commands that are registered, and no others', async () => {
    const registered = (await vscode.commands.getCommands(true))
      .filter((id) => id.startsWith('berth.'))
      // VS Code makes these for every view and container.
      .filter((id) => !/^berth\.\w+\.(focus|open|removeView|resetViewLocation|toggleVisibility)$/.test(id));
    assert.deepEqual(registered.sort(), [...contributed].sort());
  });

  it('names the commands that there are, and no others', () => {
    const created = createCommands(anything as Services).map(({ id }) => id);
    assert.deepEqual(created.sort(), [...contributed].sort());
  });

  it('has a string for every key, and a use for every string', () => {
    const used = new Set([...raw.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1]!));
    const strings = JSON.parse(read('package.nls.json')) as Record<string, string>;
    assert.deepEqual(Object.keys(strings).sort(), [...used].sort());
    assert.deepEqual(
      Object.entries(strings).filter(([, text]) => text.trim() === ''),
      [],
    );
  });

  it('puts only commands that exist in menus, keys, welcome texts and the walkthrough', async () => {
    const known = new Set(await vscode.commands.getCommands(true));
    const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    const texts = [
      ...contributes.viewsWelcome.map(({ contents }) => contents),
      ...steps.map((step) => step.description),
    ];
    const ids = [
      ...[...Object.values(contributes.menus).flat(), ...contributes.keybindings].map(
        ({ command }) => command!,
      ),
      ...texts.flatMap((text) => [...text.matchAll(/\(command:([\w.]+)/g)].map((match) => match[1]!)),
      ...steps.flatMap(({ completionEvents }) =>
        completionEvents.map((event) => event.replace('onCommand:', '')),
      ),
    ];
    assert.ok(ids.length > 50);
    assert.deepEqual(
      ids.filter((id) => !(id.startsWith('berth.') ? contributed : known).has(id)),
      [],
    );
  });

  it('leads through the walkthrough that Getting Started opens, a picture and a button a step', () => {
    const [walkthrough] = contributes.walkthroughs;
    assert.equal(walkthrough?.id, 'gettingStarted');
    assert.equal(walkthrough.steps.length, 6);
    for (const { description, media, completionEvents } of walkthrough.steps) {
      assert.ok(existsSync(join(extension.extensionPath, media.svg)), media.svg);
      assert.match(description, /^\[[^\]]+\]\(command:berth\.\w+\)$/m);
      assert.ok(completionEvents.length > 0);
    }
  });

  it('asks in `when` only for views that exist and for keys and values that the code sets', () => {
    const views = new Set(Object.values(contributes.views).flatMap((list) => list.map(({ id }) => id)));
    for (const { view } of contributes.viewsWelcome) assert.ok(views.has(view), view);
    const clauses = [
      ...Object.values(contributes.menus).flat(),
      ...contributes.keybindings,
      ...contributes.viewsWelcome,
    ];
    for (const { when = '' } of clauses) {
      for (const [, subject, , id] of when.matchAll(/\b(view|focusedView) (==|!=) (\S+)/g)) {
        assert.ok(views.has(id!), `${subject}: ${when}`);
      }
      const rest = when.replaceAll(/\b(view|focusedView) (==|!=|=~) \S+/g, '');
      for (const [, key, value] of rest.matchAll(/(berth\.\w+)(?: [!=]= (\w+))?/g)) {
        assert.ok(key! in CONTEXT_KEYS, when);
        const values = CONTEXT_KEYS[key as keyof ContextKeys];
        if (values) assert.ok(value! in values, when);
      }
    }
  });

  it('keeps a workspace from choosing what is run', () => {
    const { properties } = contributes.configuration;
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    assert.deepEqual(
      restricted.filter((name) => !(name in properties)),
      [],
    );
    const programs = Object.entries(properties).filter(([name]) => RUNS_PROGRAMS.test(name));
    assert.ok(programs.length > 4);
    for (const [name, { scope }] of programs) {
      assert.equal(scope, 'machine', name);
      assert.ok(restricted.includes(name), `${name} is restricted`);
    }
  });

  it('points only at files that exist', () => {
    const files = [
      manifest.main,
      manifest.icon,
      ...[...raw.matchAll(/"(media\/[^"]+)"/g)].map((match) => match[1]!),
    ];
    assert.deepEqual(
      files.filter((file) => !existsSync(join(extension.extensionPath, file))),
      [],
    );
  });
});
