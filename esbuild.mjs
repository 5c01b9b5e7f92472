// Builds everything that does not run from source: the extension (ESM, big optional parts as chunks loaded on
// first use), the webviews, and with --tests the suite that runs in an extension host.
// Flags: --production (minified, as shipped), --tests, --watch.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

/** What activation may read and parse: the entry with every chunk it imports statically. */
const MAIN_BUNDLE_LIMIT_IN_BYTES = 400 * 1024;

const flags = new Set(process.argv.slice(2));
const production = flags.has('--production');
const watch = flags.has('--watch');

/** @type {esbuild.BuildOptions} */
const shared = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  metafile: true,
  logLevel: 'silent',
  loader: { '.ttf': 'file' },
};

/**
 * The part of undici we use: its own entry adds fetch, WebSocket, mocks and caches, and as CommonJS none of it can be
 * shaken out. A file of its own, dist/undici.cjs.
 */
const UNDICI_PARTS = `
  const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');
  Object.assign(Dispatcher.prototype, require('undici/lib/api/index.js'));
  exports.Agent = require('undici/lib/dispatcher/agent.js');
  exports.buildConnector = require('undici/lib/core/connect.js');
  exports.errors = require('undici/lib/core/errors.js');
`;

/** @type {esbuild.BuildOptions} */
const undici = {
  ...shared,
  stdin: { contents: UNDICI_PARTS, resolveDir: import.meta.dirname },
  outfile: 'dist/undici.cjs',
  format: 'cjs',
  platform: 'node',
  target: 'node22',
};

/**
 * Stands for undici in the bundle and loads it when the first of its parts is called, so that activation does not
 * pay for it. A part that is not named here fails the build.
 */
const lazyUndici = {
  name: 'lazy-undici',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'lazy' }));
    build.onResolve({ filter: /^\.\/undici\.cjs$/ }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /.*/, namespace: 'lazy' }, () => ({
      contents: `
        const lazy = (name) => new Proxy(function () {}, {
          construct: (_, args) => Reflect.construct(require('./undici.cjs')[name], args),
          apply: (_, self, args) => Reflect.apply(require('./undici.cjs')[name], self, args),
          get: (_, key) => require('./undici.cjs')[name][key],
        });
        export const Agent = /* @__PURE__ */ lazy('Agent');
        export const buildConnector = /* @__PURE__ */ lazy('buildConnector');
        export const errors = /* @__PURE__ */ lazy('errors');
      `,
    }));
  },
};

/**
 * Keeps what activation needs in one file. A module goes to a chunk by the entries that reach it, so every part shared
 * with something loaded later would be a file of its own, and a file costs the extension host more than its lines do.
 * Here whatever is loaded later reaches the entry as well, which has run by then.
 */
const oneEagerChunk = {
  name: 'one-eager-chunk',
  setup(build) {
    const source = join(import.meta.dirname, 'src');
    const entry = join(source, 'extension.ts');
    build.onResolve({ filter: /^\./ }, ({ kind, path, importer, resolveDir }) =>
      kind === 'dynamic-import' && importer.startsWith(source)
        ? { path: join(resolveDir, path), namespace: 'later' }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'later' }, ({ path }) => ({
      contents: `import ${JSON.stringify(entry)}; export * from ${JSON.stringify(path)};`,
      resolveDir: dirname(path),
    }));
  },
};

/** @type {esbuild.BuildOptions} */
const extension = {
  ...shared,
  entryPoints: { extension: 'src/extension.ts' },
  outdir: 'dist',
  // Beside the entry, so that a relative require means the same in each.
  chunkNames: 'chunk-[name]-[hash]',
  format: 'esm',
  splitting: true,
  platform: 'node',
  target: 'node22',
  external: ['vscode'],
  plugins: [lazyUndici, oneEagerChunk],
  // CommonJS dependencies (undici) call require() for Node's own modules, which an ES module does not have.
  banner: {
    js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
  },
};

/** What runs in worker threads: files of their own, because a thread is started with one. */
/** @type {esbuild.BuildOptions} */
const workers = {
  ...shared,
  entryPoints: { layerWorker: 'src/core/image/layers/layerWorker.ts' },
  outdir: 'dist',
  format: 'esm',
  platform: 'node',
  target: 'node22',
};

/** @type {esbuild.BuildOptions} */
const webviews = {
  ...shared,
  entryPoints: Object.fromEntries(globSync('media/*/main.ts').map((file) => [basename(dirname(file)), file])),
  outdir: 'dist/media',
  format: 'iife',
  platform: 'browser',
  target: 'es2023',
};

/** @type {esbuild.BuildOptions} */
const hostTests = {
  ...shared,
  entryPoints: globSync('test/host/**/*.ts'),
  outbase: '.',
  outdir: 'out',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  external: ['vscode', 'mocha'],
  minify: false,
  sourcemap: 'linked',
  plugins: [
    {
      // A bundle lies elsewhere than its sources: what a source says about its own place must stay true.
      name: 'keep-import-meta',
      setup(build) {
        build.onLoad({ filter: /[/\\](src|test)[/\\].*\.ts$/ }, async ({ path }) => ({
          loader: 'ts',
          contents: (await readFile(path, 'utf8'))
            .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
            .replaceAll('import.meta.filename', JSON.stringify(path))
            .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
        }));
      },
    },
  ],
};

/** Prints in the form the problem matcher of .vscode/tasks.json reads. */
const reporter = {
  name: 'reporter',
  setup(build) {
    build.onStart(() => console.log('[build] started'));
    build.onEnd(({ errors, warnings }) => {
      for (const [severity, messages] of Object.entries({ error: errors, warning: warnings })) {
        for (const { text, location } of messages) {
          const place = location ? `${location.file}:${location.line}:${location.column + 1}` : 'esbuild:1:1';
          console.error(`${place}: ${severity}: ${text}`);
        }
      }
      console.log('[build] finished');
    });
  },
};

/** The entry's size with all it imports before its first line runs. */
function eagerSizeInBytes(metafile, entry) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind, external } of metafile.outputs[file].imports) {
      if (!external && kind === 'import-statement') visit(path);
    }
  };
  visit(entry);
  return [...seen].reduce((total, file) => total + metafile.outputs[file].bytes, 0);
}

const builds = [
  extension,
  undici,
  workers,
  ...(Object.keys(webviews.entryPoints).length > 0 ? [webviews] : []),
];
if (flags.has('--tests')) builds.push(hostTests);

await rm('dist', { recursive: true, force: true });
await mkdir('dist/media', { recursive: true });
await mkdir('out', { recursive: true });
for (const file of ['codicon.css', 'codicon.ttf']) {
  await cp(`node_modules/@vscode/codicons/dist/${file}`, `dist/media/${file}`);
}

if (watch) {
  for (const options of builds) {
    const context = await esbuild.context({ ...options, plugins: [...(options.plugins ?? []), reporter] });
    await context.watch();
  }
} else {
  let extensionMetafile;
  try {
    const results = await Promise.all(
      builds.map((options) => esbuild.build({ ...options, plugins: [...(options.plugins ?? []), reporter] })),
    );
    extensionMetafile = results[0].metafile;
  } catch {
    process.exit(1); // the reporter has printed why
  }
  const mainBundleInBytes = eagerSizeInBytes(extensionMetafile, 'dist/extension.js');
  await writeFile('out/meta.json', JSON.stringify({ production, mainBundleInBytes, ...extensionMetafile }));
  console.log(
    `main bundle: ${(mainBundleInBytes / 1024).toFixed(0)} KiB${production ? '' : ' (not minified)'}`,
  );
  if (production && mainBundleInBytes > MAIN_BUNDLE_LIMIT_IN_BYTES) {
    console.error(
      `The main bundle is over ${MAIN_BUNDLE_LIMIT_IN_BYTES / 1024} KiB: load what is optional on first use.`,
    );
    process.exit(1);
  }
}
