// Builds everything that does not run from source: the extension (ESM, big optional parts as chunks loaded on
// first use), the webviews, and with --tests the suite that runs in an extension host.
// Flags: --production (minified, as shipped), --tests, --watch.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
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
 * undici's entry loads all of it (fetch, WebSocket, mocks, caches), none of which we call, and as CommonJS none of it
 * can be shaken out: this is the part we use. A new import that is not here fails the build.
 */
const undiciParts = {
  name: 'undici-parts',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'parts' }));
    build.onLoad({ filter: /.*/, namespace: 'parts' }, () => ({
      resolveDir: import.meta.dirname,
      contents: `
        import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
        import api from 'undici/lib/api/index.js';
        Object.assign(Dispatcher.prototype, api);
        export { Dispatcher };
        export { default as Agent } from 'undici/lib/dispatcher/agent.js';
        export { default as Client } from 'undici/lib/dispatcher/client.js';
        export { default as Pool } from 'undici/lib/dispatcher/pool.js';
        export { default as buildConnector } from 'undici/lib/core/connect.js';
        export { default as errors } from 'undici/lib/core/errors.js';
      `,
    }));
  },
};

/** @type {esbuild.BuildOptions} */
const extension = {
  ...shared,
  entryPoints: { extension: 'src/extension.ts' },
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  splitting: true,
  platform: 'node',
  target: 'node22',
  external: ['vscode'],
  plugins: [undiciParts],
  // CommonJS dependencies (undici) call require() for Node's own modules, which an ES module does not have.
  banner: {
    js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
  },
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

const builds = [extension, ...(Object.keys(webviews.entryPoints).length > 0 ? [webviews] : [])];
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
