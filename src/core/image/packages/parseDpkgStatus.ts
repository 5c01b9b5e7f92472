/** Debian's package database: `/var/lib/dpkg/status`, or a file a package in `status.d`. Source: deb-control(5), dpkg(1). */
import type { InstalledPackage } from './InstalledPackage.ts';

/** Packages that were removed but left their configuration are not there. Stanzas without name or version are passed over. */
export function parseDpkgStatus(text: string): InstalledPackage[] {
  return text.split(/\n(?:[ \t]*\n)+/).flatMap((stanza) => {
    const fields = fieldsOf(stanza);
    const name = fields.get('package');
    const version = fields.get('version');
    // Distroless images have no Status: what is in status.d is installed.
    const isInstalled = / (?:installed|triggers-pending|triggers-awaited)$/.test(
      fields.get('status') ?? ' installed',
    );
    if (!name || !version || !isInstalled) return [];
    const architecture = fields.get('architecture');
    const kibibytes = fields.get('installed-size');
    return [
      {
        manager: 'dpkg',
        name,
        version,
        ...(architecture && { architecture }),
        ...(kibibytes && /^\d{1,12}$/.test(kibibytes) && { installedSizeInBytes: Number(kibibytes) * 1024 }),
      },
    ];
  });
}

/** First lines only: no field that is read here goes on over several. */
function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !/^\s/.test(line))
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}
