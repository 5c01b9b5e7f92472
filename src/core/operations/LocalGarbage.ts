/**
 * Garbage collection of a registry that runs in a container here: Distribution's own `registry garbage-collect`, first
 * dry. Source: https://distribution.github.io/distribution/about/garbage-collection/
 */
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { Docker, WorkOptions } from '../docker/Docker.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';

export interface GarbagePreview {
  readonly blobs: readonly Digest[];
  readonly manifests: readonly Digest[];
}

export interface CollectedGarbage extends GarbagePreview {
  /** As the disk says; undefined where the image has no `du`. */
  readonly freedBytes?: number;
}

export interface GarbageOptions {
  /** Manifests without a tag go as well, with what only they need. */
  readonly deleteUntagged: boolean;
}

const DATA_FOLDER = '/var/lib/registry';
const DEFAULT_CONFIG = '/etc/docker/registry/config.yml';

export class LocalGarbage {
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** What would go. @throws CoreError `unsupported`, reason `noGarbageCollector`; `notFound`; `conflict`, reason `registryStopped`. */
  async preview(container: string, options: GarbageOptions, signal: AbortSignal): Promise<GarbagePreview> {
    return parseGarbage(await this.#collect(container, [...argumentsOf(options), '--dry-run'], { signal }));
  }

  /**
   * Collects it and starts the registry again, which would otherwise go on believing in blobs that are gone: its cache
   * knows nothing of the collection, and a push would skip them.
   */
  async collect(container: string, options: GarbageOptions, work: WorkOptions): Promise<CollectedGarbage> {
    const before = await this.#diskUse(container, work.signal);
    let output: string;
    try {
      output = await this.#collect(container, argumentsOf(options), work);
    } finally {
      // Whatever was collected before a failure or Cancel is gone, too.
      const signal = AbortSignal.timeout(60_000);
      await this.#docker.containers.stop(container, signal);
      await this.#docker.containers.start(container, signal);
    }
    const after = await this.#diskUse(container, work.signal);
    const isMeasured = before !== undefined && after !== undefined;
    return { ...parseGarbage(output), ...(isMeasured && { freedBytes: Math.max(0, before - after) }) };
  }

  async #collect(
    container: string,
    options: readonly string[],
    { signal, onOutput }: Pick<WorkOptions, 'signal' | 'onOutput'>,
  ): Promise<string> {
    const { state, command } = await this.#docker.containers.inspect(container, signal);
    if (state !== 'running') {
      throw new CoreError('conflict', 'the registry does not run', {
        operation: 'collect garbage',
        subject: container,
        reason: 'registryStopped',
      });
    }
    // The configuration it runs with; images differ in where it lies.
    const config = command.findLast((argument) => /^\/.*\.ya?ml$/.test(argument)) ?? DEFAULT_CONFIG;
    try {
      return await this.#docker.containers.exec(
        container,
        ['registry', 'garbage-collect', ...options, config],
        { signal, ...(onOutput && { onOutput }) },
      );
    } catch (error) {
      if (!isCoreError(error, 'dockerFailed')) throw error;
      const { exitCode } = error.details;
      // What docker says of a program that is not in the image.
      if (exitCode !== 126 && exitCode !== 127) throw error;
      throw new CoreError(
        'unsupported',
        'the image of this registry has no garbage collector',
        { ...error.details, operation: 'collect garbage', subject: container, reason: 'noGarbageCollector' },
        error,
      );
    }
  }

  async #diskUse(container: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      const output = await this.#docker.containers.exec(container, ['du', '-sk', DATA_FOLDER], { signal });
      const [, kilobytes] = /^(\d+)\s/.exec(output) ?? [];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    } catch (error) {
      if (isCoreError(error, 'cancelled')) throw error;
      return undefined;
    }
  }
}

function argumentsOf({ deleteUntagged }: GarbageOptions): string[] {
  return deleteUntagged ? ['--delete-untagged'] : [];
}

/** `blob eligible for deletion: sha256:…`, `manifest eligible for deletion: sha256:…`; the same words in 2.x and 3.x. */
export function parseGarbage(output: string): GarbagePreview {
  const digests = (kind: string): Digest[] => [
    ...new Set(
      [...output.matchAll(new RegExp(`^${kind} eligible for deletion: (\\S+)`, 'gm'))]
        .map(([, digest]) => digest!)
        .filter(isDigest),
    ),
  ];
  return { blobs: digests('blob'), manifests: digests('manifest') };
}
