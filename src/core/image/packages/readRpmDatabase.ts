/** rpm's database as SQLite, as it has been since Fedora 33 and RHEL 9. The reader is loaded when an image has one. */
import { CoreError } from '../../common/CoreError.ts';
import type { InstalledPackage } from './InstalledPackage.ts';
import { parseRpmHeader } from './parseRpmHeader.ts';

/** @throws CoreError `protocol` with reason `badPackageDatabase` for what is no such database. */
export async function readRpmDatabase(bytes: Uint8Array): Promise<InstalledPackage[]> {
  // With its WebAssembly inside: nothing to find on disk when bundled.
  const { default: initialize } = await import('sql.js/dist/sql-wasm-inline.js');
  const { Database } = await initialize();
  const database = new Database(bytes);
  try {
    const packages: InstalledPackage[] = [];
    const statement = database.prepare('SELECT blob FROM Packages');
    while (statement.step()) {
      const [blob] = statement.get();
      const parsed = blob instanceof Uint8Array ? parseRpmHeader(blob) : undefined;
      if (parsed) packages.push(parsed);
    }
    return packages;
  } catch (error) {
    throw new CoreError(
      'protocol',
      'the rpm database cannot be read',
      { operation: 'read packages', reason: 'badPackageDatabase' },
      error,
    );
  } finally {
    database.close();
  }
}
