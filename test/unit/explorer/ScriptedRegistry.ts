/**
 * A registry of one repository whose answers a test lets go one by one, in any order. An answer holds what was there
 * when the request arrived, as a slow reply does.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import type { TagDetails, TagSummary } from '../../../src/core/providers/RegistryProvider.ts';
import type { Page } from '../../../src/core/registry/Page.ts';
import { cancelledError } from '../../../src/core/registry/transport/cancellation.ts';
import type { TagSource } from '../../../src/explorer/RepositoryListing.ts';

export interface ScriptedCall {
  readonly name: string;
  readonly answer: () => void;
  readonly fail: () => void;
}

export class ScriptedRegistry implements TagSource {
  readonly tags = new Set<string>();
  readonly calls: ScriptedCall[] = [];
  /** Every call ever made: `list`, `list:cursor`, `details:tag`. */
  readonly log: string[] = [];
  readonly #pageSize: number;
  readonly #answersAtOnce: boolean;
  readonly #detailsOf: (tag: string) => Partial<TagDetails>;

  constructor(options: {
    readonly pageSize: number;
    /** False: `calls` wait to be answered. */
    readonly answersAtOnce?: boolean;
    readonly detailsOf?: (tag: string) => Partial<TagDetails>;
  }) {
    this.#pageSize = options.pageSize;
    this.#answersAtOnce = options.answersAtOnce ?? true;
    this.#detailsOf = options.detailsOf ?? (() => ({}));
  }

  /** The oldest call that waits, as soon as there is one. */
  async nextCall(): Promise<ScriptedCall> {
    while (this.calls.length === 0) await nextTurn();
    return this.calls[0]!;
  }

  listTags(_repository: string, cursor: string | undefined, signal: AbortSignal): Promise<Page<TagSummary>> {
    // As registries page: what follows the last name of the page before.
    const rest = [...this.tags].sort().filter((tag) => cursor === undefined || tag > cursor);
    const names = rest.slice(0, this.#pageSize);
    const page = {
      items: names.map((name) => ({ name })),
      ...(rest.length > names.length && { nextCursor: names.at(-1)! }),
    };
    return this.#call(cursor === undefined ? 'list' : `list:${cursor}`, page, signal);
  }

  getTagDetails(_repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const details = {
      digest: digestOf(Buffer.from(tag)),
      mediaType: MediaType.ociManifest,
      kind: 'image',
    } as const;
    return this.#call(`details:${tag}`, { ...details, ...this.#detailsOf(tag) }, signal);
  }

  #call<T>(name: string, value: T, signal: AbortSignal): Promise<T> {
    this.log.push(name);
    if (signal.aborted) return Promise.reject(cancelledError(signal));
    return new Promise<T>((resolve, reject) => {
      const call: ScriptedCall = {
        name,
        answer: () => settle(() => resolve(value)),
        fail: () => settle(() => reject(new CoreError('serverError', 'scripted', { status: 500 }))),
      };
      const settle = (how: () => void) => {
        this.calls.splice(0, this.calls.length, ...this.calls.filter((each) => each !== call));
        how();
      };
      signal.addEventListener('abort', () => settle(() => reject(cancelledError(signal))), { once: true });
      this.calls.push(call);
      if (this.#answersAtOnce) setImmediate(call.answer);
    });
  }
}
