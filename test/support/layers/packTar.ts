/** Archives made by an independent writer (tar-stream): PAX where a name or number needs it. */
import { buffer } from 'node:stream/consumers';
import { pack, type Header } from 'tar-stream';

export type PackedEntry = Partial<Header> & { readonly name: string } & {
  readonly content?: string | Uint8Array;
};

export async function packTar(entries: readonly PackedEntry[]): Promise<Buffer> {
  const archive = pack();
  const done = buffer(archive);
  for (const { content = '', ...header } of entries) {
    const bytes = Buffer.from(content);
    archive.entry(
      { mtime: new Date(0), ...header, size: header.type === 'directory' ? 0 : bytes.length },
      bytes,
    );
  }
  archive.finalize();
  return done;
}

/** A file, a directory (`/` at the end), or with `target` a symbolic link. */
export function packed(name: string, content: string | Uint8Array = '', target?: string): PackedEntry {
  if (target !== undefined) return { name, type: 'symlink', linkname: target };
  return name.endsWith('/') ? { name, type: 'directory' } : { name, content };
}
