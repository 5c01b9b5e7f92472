import assert from 'node:assert/strict';
import { comparePackageVersions } from '../../../../src/core/image/packages/packageVersions.ts';
import type { PackageManager } from '../../../../src/core/image/packages/InstalledPackage.ts';

/** Each older than the next. dpkg's were held against `dpkg --compare-versions`, rpm's against rpm's own test table. */
const ASCENDING: Readonly<Record<Exclude<PackageManager, 'sbom'>, readonly string[]>> = {
  dpkg: [
    '1.0~rc1-1',
    '1.0-1',
    '1.0-1+deb12u1',
    '1.0-1+deb12u10',
    '1.0a-1',
    '1.0+dfsg-1',
    '1.9-1',
    '1.10-1',
    '1:0.1-1',
  ],
  rpm: [
    '1.0~rc1-1',
    '1.0-1',
    '1.0-1.el9',
    '1.0-2',
    '1.0^git1-1',
    '1.0.a-1',
    '1.0.1-1',
    '1.0.2-1',
    '1.10-1',
    '2:0.1-1',
  ],
  apk: [
    '1.2_alpha1-r0',
    '1.2_rc1-r0',
    '1.2-r0',
    '1.2-r3',
    '1.2-r10',
    '1.2_p1-r0',
    '1.2a-r0',
    '1.2.1-r0',
    '1.10-r0',
  ],
};

describe('comparePackageVersions', () => {
  for (const [manager, versions] of Object.entries(ASCENDING)) {
    it(`orders versions as ${manager} does`, () => {
      for (const [i, a] of versions.entries()) {
        for (const [j, b] of versions.entries()) {
          const order = comparePackageVersions(manager as PackageManager, a, b)!;
          assert.equal(Math.sign(order), Math.sign(i - j), `${a} and ${b}`);
        }
      }
    });
  }

  it('takes numbers of any length, and zeros in front of them for nothing', () => {
    assert.equal(comparePackageVersions('dpkg', '1.007-1', '1.7-1'), 0);
    assert.equal(comparePackageVersions('rpm', '1.007-1', '1.7-1'), 0);
    assert.ok(comparePackageVersions('dpkg', `${'9'.repeat(40)}-1`, `1${'0'.repeat(40)}-1`)! < 0);
  });

  it('says nothing of versions whose order it does not know', () => {
    assert.equal(comparePackageVersions('sbom', '1.0', '2.0'), undefined);
    assert.equal(comparePackageVersions('sbom', '1.0', '1.0'), 0);
  });
});
