/**
 * An image that `docker save` or `podman save` wrote: where its layers lie in the file. Reads the layout of Docker up to
 * 24 (`<id>/layer.tar`), Podman's, and that of Docker 25 and later (an OCI layout, `blobs/sha256/<hex>`); all of them have
 * `manifest.json`. Source: moby image/spec/v1.2.md, "Combined Image JSON + Filesystem Changeset Format".
 */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import { CoreError } from '../../common/CoreError.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { MediaType } from '../../oci/mediaType.ts';
import type { BlobSource, BlobSpan } from '../BlobSource.ts';
import { damagedArchive } from './damagedArchive.ts';
import { TarParser } from './TarParser.ts';

const Manifest = v.pipe(
  v.array(v.looseObject({ Config: v.string(), Layers: v.nullish(v.array(v.string()), []) })),
  v.minLength(1),
);
const Config = v.looseObject({ rootfs: v.looseObject({ diff_ids: v.nullish(v.array(v.string()), []) }) });

/** JSON documents of an image; everything larger is content. */
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;
const READ_SIZE = 1024 * 1024;

interface Member {
  readonly offset: number;
  readonly length: number;
}

export class SavedImage implements BlobSource {
  readonly #file: string;
  readonly #members: ReadonlyMap<Digest, Member>;
  readonly honoursRanges = true;
  /** The base first. */
  readonly layers: readonly Descriptor[];

  private constructor(file: string, layers: readonly (Member & { readonly digest: Digest })[]) {
    this.#file = file;
    this.#members = new Map(layers.map((layer) => [layer.digest, layer]));
    this.layers = layers.map(({ digest, length }) => ({
      mediaType: MediaType.ociLayer,
      digest,
      sizeInBytes: length,
    }));
  }

  /** Reads the archive's own headers once. @throws CoreError `protocol` for what is no saved image, `disk`, `cancelled` */
  static async read(file: string, signal: AbortSignal): Promise<SavedImage> {
    const { members, links, documents } = await listMembers(file, signal);
    const manifest = v.safeParse(Manifest, tryParse(documents.get('manifest.json')));
    if (!manifest.success) throw damagedArchive('savedManifest');
    const { Config: configPath, Layers: paths } = manifest.output[0]!;
    const config = v.safeParse(Config, tryParse(documents.get(configPath)));
    const diffIds = config.success ? (config.output.rootfs.diff_ids ?? []) : [];
    const layers = (paths ?? []).map((path, position) => {
      const member = members.get(links.get(path) ?? path);
      const named = path.replace(/^blobs\/(\w+)\//, '$1:');
      const digest = isDigest(named) ? named : diffIds[position];
      if (!member || digest === undefined || !isDigest(digest)) throw damagedArchive('savedLayer');
      return { ...member, digest };
    });
    return new SavedImage(file, layers);
  }

  async open({ digest }: Descriptor, signal: AbortSignal, span?: BlobSpan): Promise<Readable> {
    const member = this.#members.get(digest);
    if (!member) {
      throw new CoreError('notFound', `the saved image has no layer ${digest}`, {
        operation: 'read layer',
        subject: digest,
      });
    }
    const { offset, length } = span ?? { offset: 0, length: member.length };
    const start = member.offset + offset;
    const end = Math.min(start + length, member.offset + member.length) - 1;
    return createReadStream(this.#file, { start, end, signal, highWaterMark: READ_SIZE });
  }
}

async function listMembers(file: string, signal: AbortSignal) {
  const members = new Map<string, Member>();
  /** Docker 20 stores a layer that occurs twice once, and a link. */
  const links = new Map<string, string>();
  const documents = new Map<string, string>();
  let parts: Buffer[] | undefined;
  let path = '';
  const parser = new TarParser({
    onEntry: (entry) => {
      ({ path } = entry);
      parts = undefined;
      if (entry.type === 'file') {
        members.set(path, { offset: entry.dataOffset, length: entry.storedSizeInBytes });
        if (entry.sizeInBytes <= MAX_DOCUMENT_BYTES && !path.endsWith('.tar')) parts = [];
      } else if (entry.linkPath !== '') {
        links.set(path, new URL(entry.linkPath, `file:///${path}`).pathname.slice(1));
      }
    },
    onContent: (bytes) => parts?.push(Buffer.from(bytes)),
    onEntryEnd: () => {
      // Layers are blobs too: only what begins like JSON is kept.
      if (parts?.[0]?.[0] === 0x5b || parts?.[0]?.[0] === 0x7b)
        documents.set(path, Buffer.concat(parts).toString());
    },
  });
  for await (const chunk of createReadStream(file, {
    signal,
    highWaterMark: READ_SIZE,
  }) as AsyncIterable<Buffer>) {
    parser.write(chunk);
  }
  parser.end();
  return { members, links, documents };
}

function tryParse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
