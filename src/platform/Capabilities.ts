/**
 * What is known of what registries and repositories can do. Asked only when a person wants to know, then kept for as
 * long as the connection is reached and signed in to in the same way.
 */
import * as vscode from 'vscode';
import type { RegistryProvider } from '../core/providers/RegistryProvider.ts';
import type { CapabilityFinding, CapabilityName } from '../core/registry/capability.ts';
import type { RegistrySessions } from './RegistrySessions.ts';

/** A registry, or with `repository` one of its repositories. */
export interface CapabilitySubject {
  readonly connectionId: string;
  /** Relative to the connection. */
  readonly repository?: string | undefined;
}

type Findings = Map<CapabilityName, CapabilityFinding>;

export class Capabilities implements vscode.Disposable {
  readonly #sessions: RegistrySessions;
  /** By connection, then by repository; '' is the registry. */
  readonly #known = new Map<string, Map<string, Findings>>();
  readonly #kinds = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<CapabilitySubject>();
  readonly #subscription: vscode.Disposable;
  /** More is known of a registry or repository. */
  readonly onDidChange = this.#changed.event;

  constructor(sessions: RegistrySessions) {
    this.#sessions = sessions;
    // With another address or account other things are offered and allowed.
    this.#subscription = sessions.onDidChangeConnection((connectionId) => this.#known.delete(connectionId));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  /** Empty where nothing was asked yet. Asks nothing. */
  known({ connectionId, repository = '' }: CapabilitySubject): readonly CapabilityFinding[] {
    return [...(this.#known.get(connectionId)?.get(repository)?.values() ?? [])];
  }

  /** The kind of provider that was asked last: `oci`. */
  kindOf(connectionId: string): string | undefined {
    return this.#kinds.get(connectionId);
  }

  /** Asks what the registry as a whole can do. @throws CoreError */
  async probeRegistry(
    connectionId: string,
    onFinding: (finding: CapabilityFinding) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const provider = await this.#open(connectionId);
    const { probeRegistry } = await import('../core/providers/probeCapabilities.ts');
    await this.#keep({ connectionId }, onFinding, (keep) => probeRegistry(provider, keep, signal));
  }

  /**
   * Asks what a repository can do.
   * @param probe `mount` asks for the right to push, so that it is only for a person to choose.
   * @throws CoreError
   */
  async probeRepository(
    subject: CapabilitySubject & { readonly repository: string },
    probe: 'all' | 'mount',
    onFinding: (finding: CapabilityFinding) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const provider = await this.#open(subject.connectionId);
    const { probeMount, probeRepository } = await import('../core/providers/probeCapabilities.ts');
    const run = probe === 'mount' ? probeMount : probeRepository;
    await this.#keep(subject, onFinding, (keep) => run(provider, subject.repository, keep, signal));
  }

  async #open(connectionId: string): Promise<RegistryProvider> {
    const { provider } = await this.#sessions.open(connectionId);
    this.#kinds.set(connectionId, provider.kind);
    return provider;
  }

  async #keep(
    subject: CapabilitySubject,
    onFinding: (finding: CapabilityFinding) => void,
    run: (keep: (finding: CapabilityFinding) => void) => Promise<void>,
  ): Promise<void> {
    const { connectionId, repository = '' } = subject;
    const ofConnection = this.#known.get(connectionId) ?? new Map<string, Findings>();
    this.#known.set(connectionId, ofConnection);
    const known = ofConnection.get(repository) ?? new Map<CapabilityName, CapabilityFinding>();
    ofConnection.set(repository, known);
    try {
      await run((finding) => {
        // That something was not tried now says less than what an earlier try has shown.
        const kept = finding.reason === 'askFirst' ? (known.get(finding.name) ?? finding) : finding;
        known.set(finding.name, kept);
        onFinding(kept);
      });
    } finally {
      this.#changed.fire(subject);
    }
  }
}
