/** The manifest panel's page in a browser: what a person sees, hears and can do with the keyboard. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import type { ImageView, LayerView, NamedValue, SelectedView } from '../../../src/core/image/ImageView.ts';
import { folderView } from '../../../src/core/image/space/folderView.ts';
import type { SizeNode } from '../../../src/core/image/space/ImageSpace.ts';
import type { SpaceView } from '../../../src/core/image/space/SpaceView.ts';
import type { AttachedView } from '../../../src/core/trust/SupplyChainView.ts';
import type {
  ManifestPanelDependencies,
  SectionLoaders,
} from '../../../src/panels/manifest/ManifestPanelSession.ts';
import { ManifestPanelPages, type ManifestPanelPage, type PanelPageOptions } from './ManifestPanelPage.ts';
import { THEMES, type ThemeName } from './themes.ts';

const SHOTS = join(import.meta.dirname, '../../../.vscode-test/screenshots');
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

const digest = (fill: string) => `sha256:${fill.repeat(64 / fill.length)}`;
const AMD64 = digest('a1');
const ARM64 = digest('a2');
const INDEX = digest('1d');
const SIGNATURE = digest('5e');

const layer = (fill: string, sizeInBytes: number): LayerView => ({
  digest: digest(fill),
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  sizeInBytes,
  annotations: [],
  foreign: false,
});

function selected(platform: string, own: string, environment: readonly NamedValue[]): SelectedView {
  return {
    digest: own,
    mediaType: MANIFEST,
    manifestSizeInBytes: 700,
    platform,
    totalSizeInBytes: 31_400_000,
    createdAt: '2026-01-02T03:04:05Z',
    config: { digest: digest('cf'), mediaType: 'application/vnd.oci.image.config.v1+json', sizeInBytes: 512 },
    annotations: [],
    historyMatches: true,
    steps: [
      { instruction: 'ADD rootfs.tar /', createdBy: 'ADD rootfs.tar /', layer: layer('b1', 28_200_000) },
      { instruction: 'ENV A=b', createdBy: 'ENV A=b' },
      { instruction: 'RUN make', createdBy: 'RUN /bin/sh -c make # buildkit', layer: layer('b2', 3_200_000) },
    ],
    runtime: {
      entrypoint: ['/entry'],
      command: ['serve', 'a b'],
      user: 'node',
      ports: ['8080/tcp'],
      volumes: [],
      environment,
      labels: [{ name: 'org.opencontainers.image.licenses', value: 'MIT' }],
    },
  };
}

const VIEW: ImageView = {
  reference: '1.2',
  digest: INDEX,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  kind: 'index',
  manifestSizeInBytes: 900,
  platforms: [
    { digest: AMD64, mediaType: MANIFEST, sizeInBytes: 700, label: 'linux/amd64', isIndex: false },
    { digest: ARM64, mediaType: MANIFEST, sizeInBytes: 700, label: 'linux/arm64/v8', isIndex: false },
  ],
  attestations: [],
  annotations: [{ name: 'org.opencontainers.image.source', value: 'https://example.test/web' }],
  problems: [],
  selected: selected('linux/amd64', AMD64, [{ name: 'MODE', value: 'production' }]),
};

const ATTACHED: AttachedView = {
  isIncomplete: false,
  documents: [
    {
      id: `${SIGNATURE}#0`,
      kind: 'signature',
      label: 'Signature',
      state: 'present, not verified',
      isVerified: false,
      type: 'https://sigstore.dev/cosign/sign/v1',
      digest: SIGNATURE,
      blob: { digest: digest('5f'), mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' },
      sizeInBytes: 659,
      places: ['referrers API'],
    },
    {
      id: `${digest('50')}#1`,
      kind: 'provenance',
      label: 'Provenance (SLSA v1)',
      isVerified: false,
      type: 'https://slsa.dev/provenance/v1',
      digest: digest('50'),
      blob: { digest: digest('51'), mediaType: 'application/vnd.in-toto+json' },
      sizeInBytes: 2_300,
      platform: 'linux/amd64',
      places: ['index'],
      summary: 'built by https://github.com/o/web/.github/workflows/release.yml@refs/heads/main',
      source: 'github.com/o/web@0123456',
      sourceUrl: 'https://github.com/o/web/commit/0123456789abcdef0123456789abcdef01234567',
    },
    {
      id: `${digest('50')}#0`,
      kind: 'sbom',
      label: 'SBOM (SPDX)',
      isVerified: false,
      type: 'https://spdx.dev/Document',
      digest: digest('50'),
      blob: { digest: digest('52'), mediaType: 'application/vnd.in-toto+json' },
      sizeInBytes: 48_000,
      platform: 'linux/amd64',
      places: ['index'],
      summary: '212 packages',
    },
  ],
};

const file = (name: string, sizeInBytes: number): SizeNode => ({ name, sizeInBytes });
const folder = (name: string, children: SizeNode[], small = 0): SizeNode => ({
  name,
  sizeInBytes: children.reduce((sum, child) => sum + child.sizeInBytes, small),
  children: children.toSorted((a, b) => b.sizeInBytes - a.sizeInBytes),
  ...(small > 0 && { rest: { fileCount: 1200, sizeInBytes: small } }),
});
const FILES = folder(
  '',
  [
    folder('usr', [
      folder(
        'lib',
        [
          file('libLLVM-15.so.1', 31_000_000),
          file('libcrypto.so.3', 4_700_000),
          file('libicudata.so.72', 9_000_000),
        ],
        3_000_000,
      ),
      folder('bin', [file('node', 22_000_000), file('perl', 3_800_000)], 1_500_000),
      folder('share', [folder('doc', [], 2_200_000), file('mime.cache', 700_000)]),
    ]),
    folder('app', [
      folder('node_modules', [file('bundle.js', 2_400_000)], 6_000_000),
      file('main.js', 900_000),
    ]),
    folder('var', [folder('lib', [file('status', 1_100_000)])]),
    file('entry', 1_500_000),
  ],
  40_000,
);
const MEASURED: SpaceView = {
  kind: 'measured',
  folder: folderView(FILES, '/')!,
  space: {
    efficiency: 0.9426,
    wastedBytes: 7_200_000,
    totalBytes: FILES.sizeInBytes + 5_100_000,
    visibleBytes: FILES.sizeInBytes,
    layers: [
      { digest: digest('b1'), sizeInBytes: 74_000_000, hidesBytes: 0, isIncomplete: false },
      { digest: digest('b2'), sizeInBytes: 14_500_000, hidesBytes: 5_100_000, isIncomplete: false },
    ],
    repeatedPathCount: 2,
    repeatedPaths: [
      {
        path: '/var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_main',
        count: 2,
        sizeInBytes: 5_000_000,
        fileLayer: 0,
        isVisible: false,
      },
      { path: '/var/lib/dpkg/status', count: 3, sizeInBytes: 2_200_000, fileLayer: 1, isVisible: true },
    ],
  },
};

const SECTIONS: SectionLoaders = {
  space: async () => ({ kind: 'unread', sizeInBytes: 31_400_000 }),
  attached: async () => ATTACHED,
  baseImage: async () => ({
    reference: 'debian:12',
    by: 'annotation',
    digest: digest('ba'),
    state: 'newer',
    open: { connectionId: 'hub', repository: 'library/debian', reference: '12' },
  }),
  sizeTrend: async () => ({
    isOverPlatforms: true,
    points: [
      {
        tag: '1.0',
        otherTags: [],
        sizeInBytes: 24_000_000,
        createdAt: '2025-10-02T00:00:00Z',
        isShown: false,
      },
      {
        tag: '1.1',
        otherTags: [],
        sizeInBytes: 41_000_000,
        createdAt: '2025-11-02T00:00:00Z',
        isShown: false,
      },
      {
        tag: '1.2',
        otherTags: ['latest'],
        sizeInBytes: 31_400_000,
        createdAt: '2026-01-02T00:00:00Z',
        isShown: true,
      },
    ],
  }),
};

describe('The page of the manifest panel', () => {
  let pages: ManifestPanelPages;
  let open: ManifestPanelPage | undefined;
  let done: unknown[];

  before(async () => {
    pages = await ManifestPanelPages.start();
    await mkdir(SHOTS, { recursive: true });
  });
  after(() => pages[Symbol.asyncDispose]());
  beforeEach(() => {
    done = [];
  });
  afterEach('nothing went wrong in the page', async () => {
    await open?.close();
    assert.deepEqual(open?.problems, []);
  });

  async function openPanel(
    dependencies: Partial<ManifestPanelDependencies> = {},
    options: Partial<PanelPageOptions> = {},
  ): Promise<ManifestPanelPage['page']> {
    open = await pages.open({
      request: { connectionId: 'c', repository: 'team/web', reference: '1.2', title: 'web:1.2' },
      fullReference: 'localhost:5000/team/web:1.2',
      dependencies: {
        load: async (_, platformDigest) =>
          platformDigest === ARM64
            ? { ...VIEW, selected: selected('linux/arm64/v8', ARM64, [{ name: 'MODE', value: 'arm' }]) }
            : VIEW,
        fullReference: () => 'localhost:5000/team/web:1.2',
        pullCommand: (_, platform) => `docker pull ${platform ?? ''}`,
        openRaw: async (document) => void done.push(document),
        sections: SECTIONS,
        analyzeLayers: async () => MEASURED,
        autoAnalyzeBytes: () => 0,
        folderOf: (_, path) => folderView(FILES, path),
        openFile: async (_, __, path, layer) =>
          void done.push(layer === undefined ? path : `${path} of layer ${layer}`),
        openAttached: async ({ document, as }) => void done.push(`${as} ${document.label}`),
        openExternal: async (url) => void done.push(url),
        verify: async ({ reference }) => void done.push(`verify ${reference}`),
        copy: async (text) => void done.push(text),
        open: async ({ reference }) => void done.push(reference),
        describeError: (error) => ({
          message: (error as Error).message,
          actions: [{ id: 'signIn', title: 'Sign In' }],
        }),
        runAction: async (id) => {
          done.push(id);
          return true;
        },
        logger: nullLogger,
        ...dependencies,
      },
      ...options,
    });
    return open.page;
  }

  /** Waits until the host has been asked for as much. */
  async function asked(count: number): Promise<unknown[]> {
    while (done.length < count) await new Promise(setImmediate);
    return done;
  }

  it('has headings and tables that a screen reader can walk', async () => {
    const page = await openPanel();
    await page.getByRole('heading', { level: 1, name: 'team/web:1.2' }).waitFor();
    await page.getByRole('heading', { name: 'Base Image' }).waitFor();
    await page.getByRole('button', { name: 'SBOM (SPDX)', exact: true }).waitFor();
    assert.deepEqual(await page.getByRole('heading', { level: 2 }).allInnerTexts(), [
      'Base Image',
      'Configuration',
      'Environment\n1',
      'Layers\n2',
      'Space',
      'Labels\n1',
      'Platforms\n2',
      'Signatures and Attestations\n3',
      'Size Trend',
      'Annotations\n1',
      'Documents',
    ]);
    const layers = page.getByRole('table', { name: /Layers/ });
    assert.equal(await layers.getByRole('row').count(), 3);
    assert.match(
      await layers.getByRole('row').nth(1).innerText(),
      /ADD rootfs\.tar \/\s+28\.2 MB\s+sha256:b1b1/,
    );
    assert.match(await page.getByText('Entrypoint').locator('..').innerText(), /\/entry/);
    assert.match(await page.getByText('Command', { exact: true }).locator('..').innerText(), /serve "a b"/);
  });

  it('shows the steps that made no layer when asked, and remembers it', async () => {
    const page = await openPanel();
    const box = page.getByRole('checkbox', { name: 'Show Steps Without a Layer (1)' });
    await box.check();
    await page.getByText('ENV A=b').waitFor();
    const { state } = open!;
    await open!.close();
    const again = await openPanel({}, { state });
    await again.getByText('ENV A=b').waitFor();
  });

  it('switches the platform with the keyboard alone', async () => {
    const page = await openPanel();
    await page.getByText('production').waitFor();
    await page.getByRole('combobox', { name: 'Platform' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page
      .getByRole('table', { name: /Environment/ })
      .getByText('arm', { exact: true })
      .waitFor();
    assert.deepEqual(open?.state, {
      request: { connectionId: 'c', repository: 'team/web', reference: '1.2', title: 'web:1.2' },
      platformDigest: ARM64,
      showEmptySteps: false,
      expanded: [],
      showSizeTrend: false,
      scrollY: 0,
    });
  });

  it('copies the reference, digests whole, and the pull command', async () => {
    const page = await openPanel();
    await page.getByRole('button', { name: 'Copy Reference' }).click();
    await page.getByRole('button', { name: 'Copy Digest', exact: true }).first().click();
    await page.getByRole('button', { name: 'Copy Pull Command' }).click();
    await page
      .getByRole('table', { name: /Layers/ })
      .getByRole('button', { name: 'Copy Digest' })
      .last()
      .click();
    await page.getByRole('button', { name: 'Copy MODE' }).click();
    assert.deepEqual(await asked(5), [
      'localhost:5000/team/web:1.2',
      INDEX,
      'docker pull ',
      digest('b2'),
      'production',
    ]);
    await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
  });

  it('opens the raw documents and what is attached', async () => {
    const page = await openPanel();
    await page.getByRole('button', { name: 'Open Raw JSON' }).click();
    await page.getByRole('button', { name: 'Config JSON' }).click();
    await page.getByRole('button', { name: 'Inspect Manifest of Signature' }).click();
    const [image, config, attached] = (await asked(3)) as { digest: string; kind: string }[];
    assert.deepEqual([image?.digest, image?.kind], [INDEX, 'manifest']);
    assert.deepEqual([config?.digest, config?.kind], [digest('cf'), 'config']);
    assert.equal(attached, SIGNATURE);
  });

  it('opens what is attached decoded, raw and at its commit, and lets it be verified', async () => {
    const page = await openPanel();
    const table = page.getByRole('table', { name: /Signatures and Attestations/ });
    await table.getByText('present, not verified').waitFor();
    await table.getByRole('button', { name: 'SBOM (SPDX)', exact: true }).click();
    await table.getByRole('button', { name: 'Open Raw Signature' }).click();
    await table.getByRole('button', { name: 'github.com/o/web@0123456' }).click();
    await page.getByRole('button', { name: 'Verify Signature…' }).click();
    assert.deepEqual(await asked(4), [
      'decoded SBOM (SPDX)',
      'raw Signature',
      'https://github.com/o/web/commit/0123456789abcdef0123456789abcdef01234567',
      `verify ${INDEX}`,
    ]);
  });

  it('names the base image, that a newer one exists, and opens it', async () => {
    const page = await openPanel();
    const base = page.getByRole('region', { name: 'Base Image' });
    await base.getByText('A newer base exists').waitFor();
    await base.getByText('by annotation').waitFor();
    await base.getByRole('button', { name: 'Copy Base Image' }).click();
    await base.getByRole('button', { name: 'debian:12' }).click();
    assert.deepEqual(await asked(2), [`debian:12@${digest('ba')}`, '12']);
  });

  it('shows the size trend when asked, walked with the arrow keys, and remembers it', async () => {
    const page = await openPanel();
    const trend = page.getByRole('region', { name: 'Size Trend' });
    await trend.getByRole('button', { name: 'Show', exact: true }).click();
    const shown = trend.getByRole('button', {
      name: /^1\.2, latest, 31\.4 MB, 9\.6 MB less than 1\.1,.*Shown$/,
    });
    await shown.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    assert.deepEqual(await asked(1), ['1.1']);
    const { state } = open!;
    await open!.close();
    const again = await openPanel({}, { state });
    await again.getByRole('button', { name: /^1\.1, 41 MB, 17 MB more than 1\.0/ }).waitFor();
  });

  it('analyzes the layers only when asked, and then tells what each holds and hides', async () => {
    const page = await openPanel();
    const layers = page.getByRole('table', { name: /Layers/ });
    await page.getByRole('button', { name: 'Analyze Layers (31.4 MB)' }).click();
    const space = page.getByRole('region', { name: 'Space' });
    await space.getByText('94.2%').waitFor();
    assert.match(await layers.getByRole('row').nth(2).innerText(), /14\.5 MB true size, hides 5\.1 MB/);
    assert.match(await layers.getByRole('row').nth(1).innerText(), /74 MB true size\s/);
    const paths = page.getByRole('table', { name: /Most Wasteful Paths/ });
    assert.match(
      await paths.getByRole('row').nth(2).innerText(),
      /\/var\/lib\/dpkg\/status\s+in 3 layers\s+2\.2 MB/,
    );
  });

  it('opens and copies the paths that waste most, one that was removed as its layer has it', async () => {
    const page = await openPanel();
    await page.getByRole('button', { name: /^Analyze Layers/ }).click();
    const paths = page.getByRole('table', { name: /Most Wasteful Paths/ });
    await paths.getByRole('button', { name: '/var/lib/dpkg/status', exact: true }).click();
    assert.deepEqual(await asked(1), ['/var/lib/dpkg/status']);
    const removed = paths.getByRole('row').nth(1);
    await removed.getByText('removed since').waitFor();
    await removed.getByRole('button').first().click();
    assert.match(String((await asked(2))[1]), /bookworm_main of layer 0$/);
    await paths.getByRole('button', { name: 'Copy /var/lib/dpkg/status' }).click();
    assert.equal((await asked(3))[2], '/var/lib/dpkg/status');
  });

  it('keeps the keyboard in its section while layers are analyzed, and tells of the end', async () => {
    const page = await openPanel();
    await page.getByRole('button', { name: /^Analyze Layers/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Layers analyzed: efficiency 94.2%, 7.2 MB wasted.').waitFor();
    await page.waitForFunction("document.activeElement.id === 'space-title'");
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate('document.activeElement.closest("#space")'), null);
  });

  it('shows progress, can be cancelled, says what failed and tries again', async () => {
    const attempts = [
      (signal: AbortSignal) =>
        new Promise<SpaceView>((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('stopped'))),
        ),
      () => Promise.reject(new Error('The layer is gone.')),
      async () => MEASURED,
    ];
    const page = await openPanel({
      analyzeLayers: (_, __, signal, onProgress) => {
        onProgress({ bytesDone: 10_000_000, bytesTotal: 31_400_000 });
        return attempts.shift()!(signal);
      },
    });
    const space = page.getByRole('region', { name: 'Space' });
    const analyze = space.getByRole('button', { name: /^Analyze Layers/ });
    await analyze.click();
    await space.getByRole('progressbar', { name: '10 MB of 31.4 MB read' }).waitFor();
    await space.getByRole('button', { name: 'Cancel' }).click();
    await analyze.click();
    await space.getByRole('alert').getByText('The layer is gone.').waitFor();
    await space.getByRole('button', { name: 'Retry' }).click();
    await space.getByText('94.2%').waitFor();
  });

  it('walks the map of the biggest files with the keyboard, into folders and back, and opens files', async () => {
    const page = await openPanel({}, {});
    await page.getByRole('button', { name: /^Analyze Layers/ }).click();
    const map = page.getByRole('group', { name: /^Biggest files in \/\./ });
    const usr = map.getByRole('button', { name: /^Folder \/usr, 77\.9 MB, 8\d(\.\d)?% of this folder$/ });
    await usr.focus();
    assert.equal(await map.locator('button[tabindex="0"]').count(), 1);
    await page.keyboard.press('ArrowRight');
    assert.notEqual(await focusedLabel(page), await usr.getAttribute('aria-label'));
    await usr.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: /^Biggest files in \/usr\./ }).waitFor();
    const within = page.getByRole('group', { name: /^Biggest files in \/usr\./ });
    await page.waitForFunction("document.activeElement.closest('.size-map') !== null");
    assert.equal(await within.locator('button[tabindex="0"]').count(), 1);
    await within.getByRole('button', { name: /^\/usr\/bin\/node, 22 MB/ }).focus();
    await page.keyboard.press('Enter');
    assert.deepEqual(await asked(1), ['/usr/bin/node']);
    await page.keyboard.press('Backspace');
    await map.waitFor();
    await map.getByRole('button', { name: /^Folder \/usr\/lib,/ }).click({ position: { x: 5, y: 5 } });
    await page.getByRole('group', { name: /^Biggest files in \/usr\/lib\./ }).waitFor();
    await page
      .getByRole('navigation', { name: 'Biggest Files' })
      .getByRole('button', { name: 'Image' })
      .click();
    await map.waitFor();
  });

  it('lays the map out anew for another width', async () => {
    const page = await openPanel();
    await page.getByRole('button', { name: /^Analyze Layers/ }).click();
    await page.locator('.size-map').waitFor();
    await page.setViewportSize({ width: 400, height: 800 });
    await page.waitForFunction(
      "[...document.querySelectorAll('.tile')].every((tile) => tile.getBoundingClientRect().right <= innerWidth)",
    );
  });

  it('says what went wrong, offers the next step, and recovers', async () => {
    let isBroken = true;
    const page = await openPanel({
      load: async () => {
        if (isBroken) throw new Error('The registry refused.');
        return VIEW;
      },
    });
    await page.getByRole('alert').getByText('The registry refused.').waitFor();
    isBroken = false;
    await page.getByRole('button', { name: 'Sign In' }).click();
    await page.getByRole('heading', { name: 'Layers' }).waitFor();
    assert.deepEqual(done, ['signIn']);
    assert.equal(await page.getByRole('alert').count(), 0);
  });

  it('keeps what it shows when a platform cannot be read', async () => {
    const page = await openPanel({
      load: async (_, platformDigest) => {
        if (platformDigest !== undefined) throw new Error('Gone.');
        return VIEW;
      },
    });
    await page.getByRole('button', { name: 'linux/arm64/v8' }).click();
    await page.getByRole('alert').getByText('Gone.').waitFor();
    await page.getByText('production').waitFor();
  });

  it('inserts what a registry says as text, never as HTML', async () => {
    const evil = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>\u202E';
    const page = await openPanel({
      load: async () => ({
        ...VIEW,
        annotations: [{ name: evil, value: evil }],
        selected: {
          ...VIEW.selected!,
          steps: [{ instruction: evil, createdBy: evil, layer: layer('b1', 1) }],
        },
      }),
    });
    const value = page.getByRole('table', { name: /Annotations/ }).getByRole('cell');
    assert.equal(await value.innerText(), evil.slice(0, -1));
    assert.equal(await page.locator('main img, main b').count(), 0);
    assert.notEqual(await page.title(), 'owned');
  });

  it('cuts long lists and long values until they are asked for', async () => {
    const many = Array.from({ length: 40 }, (_, index) => ({ name: `KEY_${index}`, value: 'v' }));
    const page = await openPanel({
      load: async () => ({
        ...VIEW,
        selected: selected('linux/amd64', AMD64, [{ name: 'LONG', value: 'x'.repeat(5000) }, ...many]),
      }),
    });
    const environment = page.getByRole('region', { name: /Environment/ });
    assert.equal(await environment.getByRole('rowheader').count(), 12);
    await environment.getByRole('button', { name: 'Show All 41' }).click();
    assert.equal(await environment.getByRole('rowheader').count(), 41);
    await environment.getByRole('button', { name: 'Show All', exact: true }).click();
    await environment.getByText('x'.repeat(5000), { exact: true }).waitFor();
  });

  for (const theme of Object.keys(THEMES) as ThemeName[]) {
    for (const width of [1100, 360]) {
      it(`never scrolls sideways: ${theme}, ${width} pixels wide`, async () => {
        const page = await openPanel({}, { theme, width });
        await page.getByRole('heading', { name: 'Documents' }).waitFor();
        await page.getByRole('button', { name: 'Show', exact: true }).click();
        await page.getByRole('button', { name: /^1\.1,/ }).waitFor();
        await page.getByRole('button', { name: /^Analyze Layers/ }).click();
        await page.locator('.size-map').waitFor();
        assert.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0);
        await page.screenshot({ path: join(SHOTS, `panel-${theme}-${width}.png`), fullPage: true });
      });
    }
  }
});

function focusedLabel(page: ManifestPanelPage['page']): Promise<unknown> {
  return page.evaluate("document.activeElement.getAttribute('aria-label')");
}
