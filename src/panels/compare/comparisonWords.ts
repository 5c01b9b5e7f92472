/** A comparison in the words of the panel. */
import { l10n } from 'vscode';
import {
  compareConfigs,
  type ConfigDifference,
  type ConfigField,
} from '../../core/image/compare/compareConfigs.ts';
import type { FileDifference, FileFacts } from '../../core/image/compare/compareFiles.ts';
import { compareHistories } from '../../core/image/compare/compareHistories.ts';
import { compareLayers, withDiffIds, type ComparedLayer } from '../../core/image/compare/compareLayers.ts';
import type { ComparedFiles } from '../../core/image/compare/openComparedFiles.ts';
import { formatMode, formatOwner } from '../../core/image/files/FileEntry.ts';
import { formatInstruction } from '../../core/image/formatInstruction.ts';
import { shortDigest } from '../../core/oci/digest.ts';
import { pairHistoryWithLayers } from '../../core/oci/historyLayers.ts';
import type { HistoryEntry } from '../../core/oci/imageConfig.ts';
import { formatAge, formatCount, formatSize } from '../../platform/format.ts';
import { wordError } from '../../platform/wordError.ts';
import type {
  CompareLayerView,
  CompareSideView,
  CompareStrings,
  CompareValueView,
} from './comparePanelProtocol.ts';
import type { ComparisonWords } from './ComparePanelSession.ts';
import { isSameImage, type ComparedImage } from './loadComparison.ts';

export function comparisonWords(): ComparisonWords {
  return {
    strings: compareStrings(),
    overview: (loaded) => {
      const { before, after, platforms } = loaded;
      const differences = compareConfigs(before.config, after.config);
      const layers = compareLayers(layersOf(before), layersOf(after));
      const steps = new Map([...stepsOf(before), ...stepsOf(after)]);
      const layerView = (kind: CompareLayerView['kind'], layer: ComparedLayer): CompareLayerView => {
        const step = steps.get(layer.digest);
        return { ...layerOf(kind, layer), ...(step !== undefined && { step }) };
      };
      return {
        before: sideOf(before),
        after: sideOf(after),
        ...(isSameImage(loaded) && { same: wordSame(before, after) }),
        platforms,
        ...(platforms.includes(after.platform) && { platform: after.platform }),
        configuration: [...valuesOf(differences, 'platform'), ...valuesOf(differences, 'runtime')],
        environment: valuesOf(differences, 'environment'),
        labels: valuesOf(differences, 'labels'),
        history: compareHistories(before.config.history, after.config.history).map(({ kind, entry }) => ({
          kind,
          instruction: instructionOf(entry),
        })),
        layers: [
          ...layers.shared.map((layer) => layerView('shared', layer)),
          ...layers.removed.map((layer) => layerView('removed', layer)),
          ...layers.added.map((layer) => layerView('added', layer)),
        ],
        layersNote: wordLayers(layers),
      };
    },
    files: (rows, compared) => {
      const { counts, addedBytes, removedBytes, changedBytes } = rows.summary();
      return {
        counts,
        summary: l10n.t(
          '{0} added, {1} removed, changed files {2}.',
          formatSize(addedBytes),
          formatSize(removedBytes),
          signed(changedBytes),
        ),
        ...(compared && compared.unreadLayers.length > 0 && { unread: unreadOf(compared.unreadLayers) }),
        ...(compared && noteOf(compared)),
        openable: counts.changed,
      };
    },
    folder: ({ count, growth }) => ({
      count: count === 1 ? l10n.t('1 file') : l10n.t('{0} files', formatCount(count)),
      change: signed(growth),
    }),
    file: ({ kind, path, before, after, isCertain }, id) => ({
      id,
      kind,
      path,
      ...(before?.type === 'file' && { before: formatSize(before.sizeInBytes) }),
      ...(after?.type === 'file' && { after: formatSize(after.sizeInBytes) }),
      change: changeOf(kind, before, after),
      isCertain,
      canOpen: before?.type === 'file' || after?.type === 'file',
    }),
    packages: (comparison, compared) => {
      if (!comparison) {
        const { action } = unreadOf(compared?.unreadLayers ?? []);
        return {
          packages: [],
          note: l10n.t(
            'Only one of the images writes its package database anew, and neither has an SBOM to tell what was there before.',
          ),
          needsShared: action,
        };
      }
      const { changes, unreadable, basis } = comparison;
      const notes = {
        databases: undefined,
        untouched: l10n.t('No layer that differs touches a package database.'),
        none: l10n.t('Neither image has a package database or an SBOM.'),
        sbom: l10n.t('As the SBOMs attached to the images list them.'),
      };
      const note =
        unreadable.length > 0
          ? l10n.t('Not read, because its format is an old one: {0}', unreadable.join(', '))
          : notes[basis];
      return {
        packages: changes.map(({ kind, name, manager, from, to, architecture }) => ({
          kind,
          name: architecture === undefined ? name : `${name}:${architecture}`,
          manager: manager === 'sbom' ? 'SBOM' : manager,
          ...(from !== undefined && { before: from }),
          ...(to !== undefined && { after: to }),
        })),
        ...(note !== undefined && { note }),
      };
    },
    progress: ({ bytesDone, bytesTotal }) =>
      l10n.t('{0} of {1}', formatSize(bytesDone), formatSize(bytesTotal)),
    error: (error) => wordError(error).message,
  };
}

export function layersOf({ layers, config }: ComparedImage): ComparedLayer[] {
  return withDiffIds(layers, config.diffIds);
}

/** Digest of each layer with the step that made it; nothing where that is a guess. */
function stepsOf({ layers, config }: ComparedImage): [digest: string, step: string][] {
  const { rows, matches } = pairHistoryWithLayers(config.history, layers);
  if (!matches) return [];
  return rows.flatMap(({ entry, layer }) => (entry && layer ? [[layer.digest, instructionOf(entry)]] : []));
}

function instructionOf({ createdBy, comment }: HistoryEntry): string {
  return formatInstruction(createdBy) || (comment ?? '');
}

function sideOf({ target, digest, platform, sizeInBytes, config }: ComparedImage): CompareSideView {
  const age = config.created && formatAge(config.created);
  return {
    title: target.title,
    name: target.name,
    digest,
    facts: [platform, sizeInBytes === undefined ? undefined : formatSize(sizeInBytes), age].filter(
      (fact): fact is string => fact !== undefined && fact !== '',
    ),
  };
}

function wordSame(before: ComparedImage, after: ComparedImage): { title: string; hint: string } {
  return before.digest === after.digest
    ? {
        title: l10n.t('Same image: equal digest'),
        hint: l10n.t('Both names lead to {0}, so nothing in it can differ.', shortDigest(before.digest)),
      }
    : {
        title: l10n.t('Same image: equal config'),
        hint: l10n.t(
          'Both have the config {0}, which names every layer by its content: no file can differ. Only the manifests do, or one of the two is in the engine, which has none.',
          shortDigest(before.configDigest),
        ),
      };
}

/** The engine does not tell the sizes of its layers. */
function wordLayers({ shared, removed, added }: ReturnType<typeof compareLayers>): string {
  const hasSizes = [...shared, ...removed, ...added].every(({ sizeInBytes }) => sizeInBytes > 0);
  return hasSizes
    ? l10n.t(
        '{0} shared ({1}), {2} only before ({3}), {4} only after ({5}). Shared layers are not downloaded.',
        formatCount(shared.length),
        formatSize(sum(shared)),
        formatCount(removed.length),
        formatSize(sum(removed)),
        formatCount(added.length),
        formatSize(sum(added)),
      )
    : l10n.t(
        '{0} shared, {1} only before, {2} only after. Shared layers are not read.',
        formatCount(shared.length),
        formatCount(removed.length),
        formatCount(added.length),
      );
}

function layerOf(kind: CompareLayerView['kind'], { digest, sizeInBytes }: ComparedLayer): CompareLayerView {
  return { kind, digest, size: sizeInBytes === 0 ? '' : formatSize(sizeInBytes) };
}

/** An artifact, or an image without layers, is compared by its config alone. */
function noteOf({ before, after }: ComparedFiles): { readonly note?: string } {
  const [hasBefore, hasAfter] = [before, after].map(
    ({ positions, unread }) => positions.length + unread.length > 0,
  );
  if (hasBefore && hasAfter) return {};
  return {
    note:
      hasBefore || hasAfter
        ? l10n.t('Only one of the two holds files.')
        : l10n.t('Neither of the two holds files.'),
  };
}

function unreadOf(layers: readonly ComparedLayer[]): { note: string; action: string } {
  return {
    note: l10n.t(
      'Layers that both images share were not read ({0}). What is marked ? may replace a file of theirs, or be hidden by one.',
      formatCount(layers.length),
    ),
    action: l10n.t('Read Shared Layers ({0})', formatSize(sum(layers))),
  };
}

function sum(layers: readonly ComparedLayer[]): number {
  return layers.reduce((total, { sizeInBytes }) => total + sizeInBytes, 0);
}

function valuesOf(
  differences: readonly ConfigDifference[],
  section: ConfigDifference['section'],
): CompareValueView[] {
  return differences
    .filter((difference) => difference.section === section)
    .map(({ name, before, after }) => ({
      name: section === 'platform' || section === 'runtime' ? fieldName(name as ConfigField) : name,
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    }));
}

function fieldName(field: ConfigField): string {
  switch (field) {
    case 'os':
      return l10n.t('Operating system');
    case 'osVersion':
      return l10n.t('OS version');
    case 'architecture':
      return l10n.t('Architecture');
    case 'variant':
      return l10n.t('Variant');
    case 'entrypoint':
      return l10n.t('Entrypoint');
    case 'command':
      return l10n.t('Command');
    case 'user':
      return l10n.t('User');
    case 'workingDirectory':
      return l10n.t('Working directory');
    case 'ports':
      return l10n.t('Ports');
    case 'volumes':
      return l10n.t('Volumes');
    case 'stopSignal':
      return l10n.t('Stop signal');
    case 'shell':
      return l10n.t('Shell');
    case 'healthcheck':
      return l10n.t('Health check');
    case 'author':
      return l10n.t('Author');
  }
}

function changeOf(
  kind: FileDifference['kind'],
  before: FileFacts | undefined,
  after: FileFacts | undefined,
): string {
  if (before && after && before.type !== after.type) return `${typeName(before)} → ${typeName(after)}`;
  if (before?.linkTarget !== after?.linkTarget && before && after)
    return `${before.linkTarget ?? ''} → ${after.linkTarget ?? ''}`;
  if (kind === 'metadata' && before && after) {
    const mode =
      formatMode(before) === formatMode(after) ? [] : [`${formatMode(before)} → ${formatMode(after)}`];
    const owners = [formatOwner(before.owner), formatOwner(after.owner)];
    return [...mode, ...(owners[0] === owners[1] ? [] : [owners.join(' → ')])].join(', ');
  }
  const facts = after ?? before;
  if (!facts) return '';
  if (facts.type !== 'file') return typeName(facts);
  return signed((after?.sizeInBytes ?? 0) - (before?.sizeInBytes ?? 0));
}

function typeName({ type, linkTarget }: FileFacts): string {
  switch (type) {
    case 'file':
      return l10n.t('file');
    case 'directory':
      return l10n.t('folder');
    case 'symbolicLink':
      return l10n.t('link to {0}', linkTarget ?? '');
    case 'characterDevice':
    case 'blockDevice':
      return l10n.t('device');
    case 'fifo':
      return l10n.t('pipe');
  }
}

function signed(bytes: number): string {
  if (bytes === 0) return '±0';
  return `${bytes > 0 ? '+' : '−'}${formatSize(Math.abs(bytes))}`;
}

function compareStrings(): CompareStrings {
  return {
    actions: l10n.t('Actions'),
    added: l10n.t('Added'),
    after: l10n.t('After'),
    before: l10n.t('Before'),
    cancel: l10n.t('Cancel'),
    cancelled: l10n.t('Cancelled.'),
    change: l10n.t('Difference'),
    changed: l10n.t('Changed'),
    chooseKinds: l10n.t('Kinds of differences that are shown'),
    collapseAll: l10n.t('Collapse All'),
    configuration: l10n.t('Configuration'),
    copied: l10n.t('Copied'),
    digest: l10n.t('Digest'),
    downgraded: l10n.t('Downgraded'),
    environment: l10n.t('Environment'),
    expandAll: l10n.t('Expand All'),
    files: l10n.t('Files'),
    filesDiffer: l10n.t('Compared: {0} files differ.'),
    filter: l10n.t('Filter by path'),
    folderClosed: l10n.t('Folder {0}, {1}, closed'),
    folderOpen: l10n.t('Folder {0}, {1}, open'),
    history: l10n.t('History'),
    instruction: l10n.t('Instruction'),
    kind: l10n.t('Kind'),
    labels: l10n.t('Labels'),
    layers: l10n.t('Layers'),
    loading: l10n.t('Comparing…'),
    manager: l10n.t('Manager'),
    metadata: l10n.t('Mode or owner'),
    name: l10n.t('Name'),
    noDifference: l10n.t('No difference.'),
    needsFiles: l10n.t('Packages are found in the files, which were not read.'),
    noFileMatches: l10n.t('No differing file matches.'),
    notCertain: l10n.t('A shared layer that was not read may say otherwise.'),
    openAll: l10n.t('Open All Changes'),
    openFile: l10n.t('Open {0}'),
    package: l10n.t('Package'),
    packages: l10n.t('Packages'),
    path: l10n.t('Path'),
    platform: l10n.t('Platform'),
    reload: l10n.t('Compare Again'),
    removed: l10n.t('Removed'),
    retry: l10n.t('Retry'),
    same: l10n.t('Same'),
    shared: l10n.t('Shared'),
    showUnchanged: l10n.t('Show All Steps'),
    size: l10n.t('Size'),
    swap: l10n.t('Swap Sides'),
    upgraded: l10n.t('Upgraded'),
    viewAsList: l10n.t('View as List'),
    viewAsTree: l10n.t('View as Tree'),
  };
}
