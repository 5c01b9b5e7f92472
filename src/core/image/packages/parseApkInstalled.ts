/** Alpine's package database, `lib/apk/db/installed`: a letter and a value a line. Source: apk(5), Alpine wiki "Apk spec". */
import type { InstalledPackage } from './InstalledPackage.ts';

/** Blocks without name or version are passed over. */
export function parseApkInstalled(text: string): InstalledPackage[] {
  return text.split(/\n\n+/).flatMap((block) => {
    // Letters before the file list: there they mean other things.
    const [header = ''] = block.split(/^F:/m, 1);
    const valueOf = (letter: string): string | undefined =>
      new RegExp(`^${letter}:(.*)$`, 'm').exec(header)?.[1]?.trim();
    const [name, version, architecture, size] = ['P', 'V', 'A', 'I'].map(valueOf);
    if (!name || !version) return [];
    return [
      {
        manager: 'apk',
        name,
        version,
        ...(architecture && { architecture }),
        ...(size && /^\d{1,15}$/.test(size) && { installedSizeInBytes: Number(size) }),
      },
    ];
  });
}
