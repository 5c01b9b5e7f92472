// The house rules a machine can hold: who may know whom (architecture), and the usual strictness.
import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

/** Rooms of src, each with the rooms it may import besides itself. */
const MAY_KNOW = {
  'core/common': [],
  'core/oci': ['core/common'],
  'core/registry': ['core/common', 'core/oci', 'core/credentials'],
  'core/credentials': ['core/common', 'core/oci'],
  'core/docker': ['core/common', 'core/oci'],
  'core/image': ['core/common', 'core/oci'],
  'core/providers': ['core/common', 'core/oci', 'core/registry', 'core/credentials', 'core/image'],
  'core/trust': ['core/common', 'core/oci', 'core/registry', 'core/image', 'core/providers'],
  'core/operations': [
    'core/common',
    'core/oci',
    'core/registry',
    'core/credentials',
    'core/docker',
    'core/image',
    'core/providers',
    'core/trust',
  ],
  platform: ['core'],
  explorer: ['core', 'platform'],
  documents: ['core', 'platform'],
  languages: ['core', 'platform'],
  panels: ['core', 'platform'],
  commands: ['core', 'platform', 'explorer', 'documents', 'languages', 'panels'],
};

const ROOMS = Object.keys(MAY_KNOW);

function roomRule(room) {
  const allowed = MAY_KNOW[room];
  const isAllowed = (other) =>
    other === room || allowed.some((name) => other === name || other.startsWith(`${name}/`));
  const forbidden = ROOMS.filter((other) => !isAllowed(other));
  const patterns = forbidden.map((other) => ({
    regex: `^(?:\\.\\./)+${other.replace('core/', '(?:core/)?')}/`,
    message: `src/${room} may not know src/${other}`,
  }));
  patterns.push({ regex: '(^|/)extension(\\.ts)?$', message: 'nobody imports the composition root' });
  const paths = room.startsWith('core/') ? [{ name: 'vscode', message: 'core is plain Node' }] : [];
  return {
    files: [`src/${room}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { paths, patterns }] },
  };
}

/** The webviews' pages, each in a folder of its own: what two of them need stands in media/shared. */
const PAGES = globSync('media/*/main.ts', { cwd: import.meta.dirname }).map((file) =>
  basename(dirname(file)),
);

function pageRule(page) {
  const others = PAGES.filter((other) => other !== page).join('|');
  const patterns = [
    {
      regex: `^(?:\\.\\./)+(?:${others})/`,
      message: 'pages do not know each other: share by media/shared',
    },
  ];
  return {
    files: [`media/${page}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
}

export default tseslint.config(
  {
    ignores: ['node_modules', 'dist', 'out', '.vscode-test', '.berth-run', 'test/support/recorded'],
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, prettier],
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './media/tsconfig.json'] } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  ...ROOMS.map(roomRule),
  ...PAGES.map(pageRule),
  {
    files: ['scripts/**', 'bench/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
);
