/**
 * The one protocol between the manifest panel's host and its webview: plain JSON both ways. The host checks every
 * message with `parseWebviewMessage`; the webview checks with `isHostMessage`. Nothing here imports vscode.
 */
import * as v from 'valibot';
import type { ImageView } from '../core/image/ImageView.ts';

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

export type HostMessage =
  | { readonly type: 'setting'; readonly setting: PanelSetting }
  /** Work has begun; what is shown already stays, marked busy. */
  | { readonly type: 'loading' }
  | { readonly type: 'view'; readonly view: ImageView }
  | { readonly type: 'error'; readonly error: PanelError };

/** Every text the webview shows, already in the person's language. `{0}` and `{1}` are filled in by the webview. */
export type PanelStrings = Readonly<Record<PanelStringKey, string>>;

export const PANEL_STRING_KEYS = [
  'actions',
  'annotations',
  'appVersion',
  'artifact',
  'attestation',
  'attachedTo',
  'author',
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
  'healthcheck',
  'helmChart',
  'historyGuess',
  'image',
  'index',
  'instruction',
  'kubeVersion',
  'labels',
  'layer',
  'layers',
  'legacy',
  'legacyNote',
  'loading',
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
  'shown',
  'size',
  'sizeOf',
  'stopSignal',
  'totalSize',
  'type',
  'user',
  'value',
  'volumes',
  'workingDirectory',
] as const;

export type PanelStringKey = (typeof PANEL_STRING_KEYS)[number];

const MAX_COPY_LENGTH = 1024 * 1024;
const digest = v.pipe(v.string(), v.regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/));

const webviewMessage = v.variant('type', [
  v.strictObject({ type: v.literal('ready') }),
  v.strictObject({ type: v.literal('reload') }),
  v.strictObject({ type: v.literal('selectPlatform'), digest }),
  v.strictObject({ type: v.literal('copy'), subject: v.picklist(['reference', 'digest', 'pullCommand']) }),
  v.strictObject({ type: v.literal('copyText'), text: v.pipe(v.string(), v.maxLength(MAX_COPY_LENGTH)) }),
  v.strictObject({ type: v.literal('openRaw'), document: v.picklist(['image', 'selected', 'config']) }),
  v.strictObject({ type: v.literal('openDigest'), digest }),
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
  'error',
]);

/** Tolerant: the webview trusts its own host for the contents, and only ignores strangers (VS Code posts its own). */
export function isHostMessage(data: unknown): data is HostMessage {
  return (
    typeof data === 'object' && data !== null && HOST_MESSAGE_TYPES.has((data as { type?: unknown }).type)
  );
}
