/**
 * What the comparison panel's host and page say to each other. Everything from the page is checked here; a page is given
 * texts ready to be shown, and the rows of files by the window it looks at.
 */
import * as v from 'valibot';
import type { FileDifferenceKind, FileSort, FileView } from '../../core/image/compare/FileQuery.ts';

const text = (maxLength: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(maxLength));

const target = v.variant('kind', [
  v.object({
    kind: v.literal('registry'),
    connectionId: text(2000),
    /** Relative to the connection. */
    repository: text(500),
    /** Tag or digest. */
    reference: text(200),
    /** Short, for titles: `app:1.2`. */
    title: text(1000),
    /** As docker writes it. */
    name: text(2000),
  }),
  v.object({ kind: v.literal('docker'), imageId: text(200), title: text(1000), name: text(2000) }),
]);

/** One of the two images, as a person named it. */
export type CompareTarget = v.InferOutput<typeof target>;

const request = v.object({ before: target, after: target, platform: v.optional(text(200)) });

/** What a panel compares; the page keeps it so that a reloaded window shows the same again. */
export type CompareRequest = v.InferOutput<typeof request>;

/** Undefined where a kept state is from another version or was tampered with. */
export function tryParseCompareRequest(data: unknown): CompareRequest | undefined {
  const result = v.safeParse(request, data);
  return result.success ? result.output : undefined;
}

export interface CompareSideView {
  readonly title: string;
  readonly name: string;
  readonly digest: string;
  /** `linux/amd64`, created, size: worded. */
  readonly facts: readonly string[];
}

/** A value that differs; an absent one is not there. */
export interface CompareValueView {
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}

export interface CompareStepView {
  readonly kind: 'same' | 'removed' | 'added';
  readonly instruction: string;
}

export interface CompareLayerView {
  readonly kind: 'shared' | 'removed' | 'added';
  readonly digest: string;
  readonly size: string;
  /** That made it, as in the Dockerfile. */
  readonly step?: string;
}

export interface ComparisonView {
  readonly before: CompareSideView;
  readonly after: CompareSideView;
  /** Worded; where nothing can differ. */
  readonly same?: { readonly title: string; readonly hint: string };
  /** That both have; to choose from where there are several. */
  readonly platforms: readonly string[];
  readonly platform?: string;
  readonly configuration: readonly CompareValueView[];
  readonly environment: readonly CompareValueView[];
  readonly labels: readonly CompareValueView[];
  readonly history: readonly CompareStepView[];
  readonly layers: readonly CompareLayerView[];
  /** Worded: how many layers and bytes are shared. */
  readonly layersNote: string;
}

/** A part that is read after the overview. */
export type ComparePart<Content> =
  | { readonly state: 'loading'; readonly progress?: string; readonly share?: number }
  /** For another part, which says why. */
  | { readonly state: 'waiting' }
  | { readonly state: 'cancelled' }
  | { readonly state: 'problem'; readonly message: string }
  | { readonly state: 'ready'; readonly content: Content };

export interface CompareFilesView {
  readonly counts: Readonly<Record<FileDifferenceKind, number>>;
  /** Worded sums. */
  readonly summary: string;
  /** Worded: what has no files to be compared. */
  readonly note?: string;
  /** Worded; absent where every layer was read. */
  readonly unread?: { readonly note: string; readonly action: string };
  /** Files that the multi-diff editor can show. */
  readonly openable: number;
}

export interface ComparePackageView {
  readonly kind: 'added' | 'removed' | 'upgraded' | 'downgraded' | 'changed';
  readonly name: string;
  readonly manager: string;
  readonly before?: string;
  readonly after?: string;
}

export interface ComparePackagesView {
  readonly packages: readonly ComparePackageView[];
  /** Worded: where the answer comes from, or why there is none. */
  readonly note?: string;
  /** Reading the shared layers would tell. */
  readonly needsShared?: string;
}

export interface CompareFileRow {
  /** Number by which it is opened; absent for a folder that only holds differences, as its kind is. */
  readonly id?: number;
  readonly kind?: FileDifferenceKind;
  readonly path: string;
  /** What is shown of the path: all of it in a list. */
  readonly label: string;
  /** In a tree. */
  readonly depth: number;
  /** Row of the folder that it is in. */
  readonly parent?: number;
  /** Of a folder of the tree; worded. */
  readonly folder?: { readonly isOpen: boolean; readonly count: string };
  readonly before?: string;
  readonly after?: string;
  /** Worded: `+1.2 kB`, or what differs of mode and owner. */
  readonly change: string;
  readonly isCertain: boolean;
  readonly canOpen: boolean;
}

export interface ComparePanelState {
  readonly strings: CompareStrings;
  readonly request: CompareRequest;
  /** As a person chose last, in any panel. */
  readonly fileView: FileView;
  readonly overview: ComparePart<ComparisonView>;
  readonly files: ComparePart<CompareFilesView>;
  readonly packages: ComparePart<ComparePackagesView>;
}

export type CompareHostMessage =
  | { readonly type: 'comparison'; readonly state: ComparePanelState }
  | {
      readonly type: 'fileRows';
      /** Of the question. */
      readonly number: number;
      readonly from: number;
      readonly total: number;
      readonly rows: readonly CompareFileRow[];
    };

export const COMPARE_STRING_KEYS = [
  'actions',
  'added',
  'after',
  'before',
  'cancel',
  'cancelled',
  'change',
  'changed',
  'chooseKinds',
  'collapseAll',
  'configuration',
  'copied',
  'digest',
  'downgraded',
  'environment',
  'expandAll',
  'files',
  'filesDiffer',
  'filter',
  'folderClosed',
  'folderOpen',
  'history',
  'instruction',
  'kind',
  'labels',
  'layers',
  'loading',
  'manager',
  'metadata',
  'name',
  'noDifference',
  'needsFiles',
  'noFileMatches',
  'notCertain',
  'openAll',
  'openFile',
  'package',
  'packages',
  'path',
  'platform',
  'reload',
  'removed',
  'retry',
  'same',
  'shared',
  'showUnchanged',
  'size',
  'swap',
  'upgraded',
  'viewAsList',
  'viewAsTree',
] as const;

/** Every text the page shows by itself. */
export type CompareStrings = Readonly<Record<(typeof COMPARE_STRING_KEYS)[number], string>>;

const KINDS = ['added', 'removed', 'changed', 'metadata'] as const satisfies readonly FileDifferenceKind[];
const SORTS = ['path', 'kind', 'before', 'after', 'change'] as const satisfies readonly FileSort[];
const VIEWS = ['list', 'tree'] as const satisfies readonly FileView[];
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** As many rows as no page shows at once. */
const MAX_ROWS = 500;

const webviewMessage = v.variant('type', [
  v.strictObject({
    type: v.picklist([
      'ready',
      'reload',
      'retryFiles',
      'retryPackages',
      'cancel',
      'readShared',
      'swap',
      'openAll',
    ]),
  }),
  v.strictObject({ type: v.literal('selectPlatform'), platform: text(200) }),
  v.strictObject({
    type: v.literal('fileRows'),
    number: count,
    query: v.strictObject({
      text: v.pipe(v.string(), v.maxLength(1000)),
      kinds: v.pipe(v.array(v.picklist(KINDS)), v.maxLength(KINDS.length)),
      sort: v.picklist(SORTS),
      isDescending: v.boolean(),
      view: v.picklist(VIEWS),
    }),
    from: count,
    count: v.pipe(count, v.maxValue(MAX_ROWS)),
  }),
  v.strictObject({ type: v.literal('chooseView'), view: v.picklist(VIEWS) }),
  /** A row of the last answer, with its path: the answer may be another one by now. */
  v.strictObject({
    type: v.literal('toggleFolder'),
    row: count,
    path: v.pipe(v.string(), v.maxLength(10_000)),
  }),
  v.strictObject({ type: v.literal('setFolders'), areOpen: v.boolean() }),
  v.strictObject({ type: v.literal('openFile'), id: count }),
  v.strictObject({ type: v.literal('copyText'), text: v.pipe(v.string(), v.maxLength(10_000)) }),
]);

export type CompareWebviewMessage = v.InferOutput<typeof webviewMessage>;

/** Undefined for anything that is not exactly one of the messages. */
export function tryParseCompareMessage(data: unknown): CompareWebviewMessage | undefined {
  const result = v.safeParse(webviewMessage, data);
  return result.success ? result.output : undefined;
}

/** The webview trusts its own host for the contents, and only ignores strangers (VS Code posts its own). */
export function isCompareHostMessage(data: unknown): data is CompareHostMessage {
  const type = typeof data === 'object' && data !== null ? (data as { type?: unknown }).type : undefined;
  return type === 'comparison' || type === 'fileRows';
}
