/** The Registries tree on the connections of a test, written to the settings as a person would; its own instances throughout. */
import * as vscode from 'vscode';
import { nullLogger } from '../../src/core/common/Logger.ts';
import type { RegistriesNode } from '../../src/explorer/nodes.ts';
import { RegistriesTree } from '../../src/explorer/RegistriesTree.ts';
import { Capabilities } from '../../src/platform/Capabilities.ts';
import type { ConnectionSetting } from '../../src/platform/Connection.ts';
import { ConnectionSettings } from '../../src/platform/ConnectionSettings.ts';
import { createConnectionCredentials } from '../../src/platform/connectionCredentials.ts';
import { RegistrySessions } from '../../src/platform/RegistrySessions.ts';
import { SecretCredentials } from '../../src/platform/SecretCredentials.ts';
import { Verifications } from '../../src/platform/Verifications.ts';
import { MemorySecrets } from './MemorySecrets.ts';

export class TreeFixture implements AsyncDisposable {
  readonly settings = new ConnectionSettings();
  readonly secrets = new SecretCredentials(new MemorySecrets());
  readonly sessions = new RegistrySessions({
    settings: this.settings,
    logger: nullLogger,
    userAgent: 'berth-test',
    credentials: (connection) => createConnectionCredentials(connection, this.secrets, nullLogger),
    confirm: () => Promise.resolve(false),
  });
  readonly verifications = new Verifications();
  readonly capabilities = new Capabilities(this.sessions);
  readonly tree = new RegistriesTree(
    this.settings,
    this.sessions,
    this.verifications,
    this.capabilities,
    nullLogger,
  );
  /** What the tree said has changed, in order; undefined for all of it. */
  readonly changes: (readonly RegistriesNode[] | undefined)[] = [];
  readonly #subscription = this.tree.onDidChangeTreeData((nodes) => this.changes.push(nodes));

  static async open(...connections: readonly unknown[]): Promise<TreeFixture> {
    await writeConnections(connections);
    return new TreeFixture();
  }

  roots(): Promise<RegistriesNode[]> {
    return this.tree.getChildren();
  }

  /** The node that `labels` lead to from the top, each opened on the way. */
  async find(...labels: readonly string[]): Promise<RegistriesNode> {
    let node: RegistriesNode | undefined;
    for (const label of labels) {
      const children = await this.tree.getChildren(node);
      node = children.find((child) => this.label(child) === label);
      if (!node) {
        throw new Error(`no "${label}" among ${children.map((child) => this.label(child)).join(', ')}`);
      }
    }
    return node!;
  }

  label(node: RegistriesNode): string {
    return textOf(this.tree.getTreeItem(node).label);
  }

  async labels(node?: RegistriesNode): Promise<string[]> {
    return (await this.tree.getChildren(node)).map((child) => this.label(child));
  }

  /** Resolves with the next change that comes. */
  nextChange(): Promise<readonly RegistriesNode[] | undefined> {
    return new Promise((resolve) => {
      const subscription = this.tree.onDidChangeTreeData((nodes) => {
        subscription.dispose();
        resolve(nodes);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription.dispose();
    vscode.Disposable.from(
      this.tree,
      this.capabilities,
      this.verifications,
      this.sessions,
      this.settings,
    ).dispose();
    await writeConnections([]);
  }
}

/** The text of a label, tooltip or description; our trees set nothing but strings there. */
export function textOf(text: unknown): string {
  if (text === undefined || typeof text === 'string') return text ?? '';
  throw new Error(`not plain text: ${JSON.stringify(text)}`);
}

/** A connection that sends no credentials and is no wish of Docker's. */
export function anonymous(url: string, more: Partial<ConnectionSetting> = {}): ConnectionSetting {
  return { url, auth: 'anonymous', ...more };
}

export async function writeConnections(connections: readonly unknown[]): Promise<void> {
  await vscode.workspace
    .getConfiguration()
    .update(
      'berth.connections',
      connections.length > 0 ? connections : undefined,
      vscode.ConfigurationTarget.Global,
    );
}
