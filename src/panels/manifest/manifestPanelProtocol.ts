/**
 * The one protocol between the manifest panel's host and its webview: plain JSON both ways. The host checks every
 * message with `parseWebviewMessage`; the webview checks with `isHostMessage`. Nothing here imports vscode.
 */
import * as v from 'valibot';
import type { ImageView } from '../../core/image/ImageView.ts';
import type { SpaceView } from '../../core/image/space/SpaceView.ts';
import type { AttachedView, BaseImageView, SizeTrendView } from '../../core/trust/SupplyChainView.ts';

/** What a panel shows. */
export interface ManifestRequest {
  readonly connectionId: string;
  /** Relative to the connection. */
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
  /** Title of the editor. */
  readonly title: string;
}

/** Which document "Open Raw JSON" shows. */
export type RawDocument = 'image' | 'selected' | 'config';

/** An error in the words of the platform, with what a person can do besides trying again. */
export interface PanelError {
  readonly message: string;
  readonly actions: readonly { readonly id: string; readonly title: string }[];
}

/** Texts that may be copied by their meaning; the host knows the values. */
export type CopySubject = 'reference' | 'digest' | 'pullCommand';

/** What the webview needs once, before anything is shown. */
export interface PanelSetting {
  readonly request: ManifestRequest;
  /** `localhost:5000/team/api:1.2`, or `…@sha256:…`. */
  readonly fullReference: string;
  /** BCP 47, for dates and numbers. */
  readonly locale: string;
  readonly strings: PanelStrings;
}

/** Parts of the page that the webview asks for when it shows them, each read apart from the view and from the others. */
export interface PanelSections {
  readonly attached: AttachedView;
  /** Null where nothing tells of a base. */
  readonly baseImage: BaseImageView | null;
  readonly sizeTrend: SizeTrendView;
  /** Where the bytes of what is shown are. */
  readonly space: SpaceView;
}

export type PanelSectionName = keyof PanelSections;

const PANEL_SECTIONS = ['attached', 'baseImage', 'sizeTrend', 'space'] as const satisfies PanelSectionName[];

/** A section with its content, or with why it could not be read. */
export type PanelSection =
  | {
      [Name in PanelSectionName]: { readonly name: Name; readonly content: PanelSections[Name] };
    }[PanelSectionName]
  | { readonly name: PanelSectionName; readonly problem: string };

export type HostMessage =
  | { readonly type: 'setting'; readonly setting: PanelSetting }
  /** Work has begun; what is shown already stays, marked busy. */
  | { readonly type: 'loading' }
  | { readonly type: 'view'; readonly view: ImageView }
  | { readonly type: 'section'; readonly section: PanelSection }
  | { readonly type: 'error'; readonly error: PanelError };

/** Every text the webview shows, already in the person's language. `{0}` and `{1}` are filled in by the webview. */
export type PanelStrings = Readonly<Record<PanelStringKey, string>>;

export const PANEL_STRING_KEYS = [
  'actions',
  'annotations',
  'appVersion',
  'artifact',
  'attachedTo',
  'author',
  'baseAnnotation',
  'baseCurrent',
  'baseGone',
  'baseHistory',
  'baseImage',
  'baseLabel',
  'baseLayers',
  'baseNewer',
  'baseNotConnected',
  'baseOpen',
  'baseProvenance',
  'baseUnknown',
  'chart',
  'chartVersion',
  'command',
  'configMissing',
  'configuration',
  'copied',
  'copy',
  'copyDigest',
  'copyPullCommand',
  'copyReference',
  'created',
  'description',
  'digest',
  'documents',
  'emptyIndex',
  'entrypoint',
  'environment',
  'facts',
  'foreignLayer',
  'foundIn',
  'healthcheck',
  'helmChart',
  'hideSizeTrend',
  'historyGuess',
  'image',
  'index',
  'inspectReferrer',
  'instruction',
  'kubeVersion',
  'labels',
  'layer',
  'layers',
  'legacy',
  'legacyNote',
  'loading',
  'mayBeMore',
  'mediaType',
  'name',
  'noLayers',
  'noReferrers',
  'notVerified',
  'openConfigJson',
  'openImageJson',
  'openIndexJson',
  'openPlatformJson',
  'openRawJson',
  'openRawReferrer',
  'openReferrer',
  'platform',
  'platformAnnotations',
  'platforms',
  'ports',
  'referrers',
  'referrersUnavailable',
  'reload',
  'retry',
  'showAll',
  'showEmptyLayers',
  'showFewer',
  'showSizeTrend',
  'shown',
  'size',
  'sizeOf',
  'sizeTrend',
  'sizeTrendEmpty',
  'sizeTrendGrew',
  'sizeTrendHint',
  'sizeTrendPlatforms',
  'sizeTrendSame',
  'sizeTrendShrank',
  'sourceCommit',
  'space',
  'spaceAnalyze',
  'spaceAnalyzeHint',
  'spaceBiggest',
  'spaceCancel',
  'spaceCancelled',
  'spaceDone',
  'spaceEfficiency',
  'spaceEfficiencyHint',
  'spaceEmpty',
  'spaceFile',
  'spaceFolder',
  'spaceHidden',
  'spaceHides',
  'spaceHidesHint',
  'spaceInLayers',
  'spaceIncomplete',
  'spaceLayersOf',
  'spaceMap',
  'spaceOthers',
  'spacePath',
  'spaceOpenFile',
  'spaceOpenRemoved',
  'spaceReading',
  'spaceRemoved',
  'spaceRepeated',
  'spaceRepeatedNone',
  'spaceRoot',
  'spaceShare',
  'spaceSmaller',
  'spaceTotal',
  'spaceTotalHint',
  'spaceTrueSize',
  'spaceVisible',
  'spaceWasted',
  'spaceWastedHint',
  'stopSignal',
  'totalSize',
  'type',
  'user',
  'value',
  'verified',
  'verifySignature',
  'volumes',
  'workingDirectory',
] as const;

export type PanelStringKey = (typeof PANEL_STRING_KEYS)[number];

const MAX_COPY_LENGTH = 1024 * 1024;
const digest = v.pipe(v.string(), v.regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/));

/** Absolute, of a file in the image. */
const imagePath = v.pipe(v.string(), v.startsWith('/'), v.maxLength(16_384));

const webviewMessage = v.variant('type', [
  v.strictObject({ type: v.literal('ready') }),
  v.strictObject({ type: v.literal('reload') }),
  v.strictObject({ type: v.literal('selectPlatform'), digest }),
  v.strictObject({ type: v.literal('copy'), subject: v.picklist(['reference', 'digest', 'pullCommand']) }),
  v.strictObject({ type: v.literal('copyText'), text: v.pipe(v.string(), v.maxLength(MAX_COPY_LENGTH)) }),
  v.strictObject({ type: v.literal('openRaw'), document: v.picklist(['image', 'selected', 'config']) }),
  v.strictObject({ type: v.literal('openDigest'), digest }),
  v.strictObject({ type: v.literal('loadSection'), name: v.picklist(PANEL_SECTIONS) }),
  /** What is attached, by the id it was sent with: what is inside, its exact bytes, or its source commit. */
  v.strictObject({
    type: v.literal('openAttached'),
    id: v.pipe(v.string(), v.maxLength(200)),
    as: v.picklist(['decoded', 'raw', 'source']),
  }),
  v.strictObject({ type: v.literal('verify') }),
  v.strictObject({ type: v.literal('openBase') }),
  /** One of the tags of the size trend. */
  v.strictObject({ type: v.literal('openTag'), tag: v.pipe(v.string(), v.maxLength(128)) }),
  /** Reads the layers of what is shown; progress comes as a section. */
  v.strictObject({ type: v.literal('analyzeLayers') }),
  v.strictObject({ type: v.literal('cancelAnalysis') }),
  /** Draws another folder of what was measured. */
  v.strictObject({ type: v.literal('showFolder'), path: imagePath }),
  /** As a container sees it, or as the layer at a position stores it. */
  v.strictObject({
    type: v.literal('openFile'),
    path: imagePath,
    layer: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000))),
  }),
  v.strictObject({ type: v.literal('runAction'), id: v.pipe(v.string(), v.maxLength(100)) }),
]);

export type WebviewMessage = v.InferOutput<typeof webviewMessage>;

/** Undefined for anything that is not exactly one of the messages. */
export function tryParseWebviewMessage(data: unknown): WebviewMessage | undefined {
  const result = v.safeParse(webviewMessage, data);
  return result.success ? result.output : undefined;
}

const text = (maxLength: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(maxLength));

const panelState = v.object({
  request: v.object({
    connectionId: text(2000),
    repository: text(500),
    reference: text(200),
    title: text(1000),
  }),
  platformDigest: v.optional(digest),
});

/** What the webview keeps with `setState` so that a reloaded window shows the same again. */
export type PanelState = v.InferOutput<typeof panelState>;

/** Undefined where a kept state is from another version or was tampered with. */
export function tryParsePanelState(data: unknown): PanelState | undefined {
  const result = v.safeParse(panelState, data);
  return result.success ? result.output : undefined;
}

const HOST_MESSAGE_TYPES: ReadonlySet<unknown> = new Set<HostMessage['type']>([
  'setting',
  'loading',
  'view',
  'section',
  'error',
]);

/** Tolerant: the webview trusts its own host for the contents, and only ignores strangers (VS Code posts its own). */
export function isHostMessage(data: unknown): data is HostMessage {
  return (
    typeof data === 'object' && data !== null && HOST_MESSAGE_TYPES.has((data as { type?: unknown }).type)
  );
}
