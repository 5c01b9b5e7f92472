/**
 * What one panel of "Show Registry Capabilities" does: shows what is known, has the rest found out when a person asks,
 * each line as soon as it is known, and obeys Cancel. It knows no window.
 */
import { isCoreError } from '../../core/common/CoreError.ts';
import type { Logger } from '../../core/common/Logger.ts';
import {
  REGISTRY_CAPABILITIES,
  REPOSITORY_CAPABILITIES,
  type CapabilityFinding,
  type CapabilityName,
} from '../../core/registry/capability.ts';
import {
  tryParseCapabilitiesMessage,
  type CapabilitiesRequest,
  type CapabilitiesView,
  type CapabilityRow,
  type CapabilityState,
} from './capabilitiesPanelProtocol.ts';

/** What is asked in one go. */
export type CapabilityProbe = 'all' | 'mount';

export interface CapabilitiesPanelDependencies {
  /** What is known already; asks nothing. */
  known(request: CapabilitiesRequest): readonly CapabilityFinding[];
  /** Asks the registry. @throws CoreError `cancelled`, or why the registry cannot be asked at all. */
  probe(
    request: CapabilitiesRequest,
    probe: CapabilityProbe,
    onFinding: (finding: CapabilityFinding) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** The row of a finding; without one, of what is not known yet. */
  word(
    name: CapabilityName,
    state: CapabilityState,
    finding: CapabilityFinding | undefined,
  ): Omit<CapabilityRow, 'name' | 'state'>;
  /** All that is not a row. */
  frame(request: CapabilitiesRequest): Pick<CapabilitiesView, 'title' | 'kind' | 'strings'> & {
    readonly registryTitle: string;
    readonly repositoryTitle: string;
  };
  copy(text: string): Promise<void>;
  /** Asks for a repository of the connection and opens its panel. */
  chooseRepository(request: CapabilitiesRequest): Promise<void>;
  /** Shows why nothing could be asked. */
  showError(error: unknown): void;
  readonly logger: Logger;
}

export class CapabilitiesPanelSession {
  readonly #request: CapabilitiesRequest;
  readonly #dependencies: CapabilitiesPanelDependencies;
  readonly #post: (view: CapabilitiesView) => void;
  readonly #findings = new Map<CapabilityName, CapabilityFinding>();
  readonly #asked = new Set<CapabilityName>();
  #checkAtOnce: boolean;
  #checking: AbortController | undefined;

  /** @param checkAtOnce false for a panel that came back with its window: nobody asked now. */
  constructor(
    request: CapabilitiesRequest,
    checkAtOnce: boolean,
    dependencies: CapabilitiesPanelDependencies,
    post: (view: CapabilitiesView) => void,
  ) {
    this.#request = request;
    this.#checkAtOnce = checkAtOnce;
    this.#dependencies = dependencies;
    this.#post = post;
    for (const finding of dependencies.known(request)) this.#findings.set(finding.name, finding);
  }

  /** Obeys one message from the webview; anything that is not a message of the protocol is logged and dropped. */
  async receive(data: unknown): Promise<void> {
    switch (tryParseCapabilitiesMessage(data)?.type) {
      case undefined:
        this.#dependencies.logger.warn('capabilities panel: dropped a message that is not in the protocol');
        return;
      case 'ready': {
        const isFirst = this.#checkAtOnce;
        this.#checkAtOnce = false;
        this.#show();
        return isFirst ? this.check('all') : undefined;
      }
      case 'check':
        return this.check('all');
      case 'checkMount':
        return this.check('mount');
      case 'cancel':
        this.#checking?.abort();
        return;
      case 'copyAsText':
        return this.#dependencies.copy(toText(this.#view()));
      case 'chooseRepository':
        return this.#dependencies.chooseRepository(this.#request);
    }
  }

  /** Has it found out; what is under way is given up for it. */
  async check(probe: CapabilityProbe): Promise<void> {
    this.#checking?.abort();
    const checking = new AbortController();
    this.#checking = checking;
    this.#asked.clear();
    for (const name of probe === 'mount' ? (['mount'] as const) : this.#names()) this.#asked.add(name);
    this.#show();
    try {
      await this.#dependencies.probe(
        this.#request,
        probe,
        (finding) => {
          if (this.#checking !== checking) return;
          this.#findings.set(finding.name, finding);
          this.#asked.delete(finding.name);
          this.#show();
        },
        checking.signal,
      );
    } catch (error) {
      if (this.#checking === checking && !isCoreError(error, 'cancelled')) {
        this.#dependencies.logger.debug(`capabilities panel: ${String(error)}`);
        this.#dependencies.showError(error);
      }
    } finally {
      if (this.#checking === checking) {
        this.#checking = undefined;
        this.#asked.clear();
        this.#show();
      }
    }
  }

  /** Stops what is under way; nothing is posted afterwards. */
  dispose(): void {
    const checking = this.#checking;
    this.#checking = undefined;
    checking?.abort();
  }

  #names(): readonly CapabilityName[] {
    return this.#request.repository === undefined
      ? REGISTRY_CAPABILITIES
      : [...REGISTRY_CAPABILITIES, ...REPOSITORY_CAPABILITIES];
  }

  #show(): void {
    this.#post(this.#view());
  }

  #view(): CapabilitiesView {
    const { registryTitle, repositoryTitle, ...frame } = this.#dependencies.frame(this.#request);
    const groups = [{ title: registryTitle, rows: REGISTRY_CAPABILITIES.map((name) => this.#row(name)) }];
    if (this.#request.repository !== undefined) {
      groups.push({ title: repositoryTitle, rows: REPOSITORY_CAPABILITIES.map((name) => this.#row(name)) });
    }
    return { ...frame, isChecking: this.#checking !== undefined, groups };
  }

  #row(name: CapabilityName): CapabilityRow {
    const finding = this.#findings.get(name);
    const state = this.#asked.has(name) ? 'checking' : (finding?.answer ?? 'waiting');
    return { name, state, ...this.#dependencies.word(name, state, finding) };
  }
}

/** The whole view as lines, for an issue or a chat. */
function toText({ title, kind, groups }: CapabilitiesView): string {
  const lines = [kind === undefined ? title : `${title} (${kind})`];
  for (const group of groups) {
    lines.push('', group.title);
    for (const { title: name, stateLabel, meaning, advice, evidence } of group.rows) {
      lines.push(`- ${name}: ${stateLabel}. ${[meaning, advice].filter(Boolean).join(' ')}`);
      if (evidence !== undefined) lines.push(`  (${evidence})`);
    }
  }
  return lines.join('\n');
}
