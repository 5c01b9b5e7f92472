/**
 * The one protocol between the host and the webview of "Show Registry Capabilities": plain JSON both ways, every text
 * already in the person's language. Nothing here imports vscode.
 */
import * as v from 'valibot';

/** `checking`: asked for and not answered yet; `waiting`: not asked. */
export type CapabilityState = 'yes' | 'no' | 'unknown' | 'checking' | 'waiting';

export interface CapabilityRow {
  readonly name: string;
  readonly state: CapabilityState;
  /** What a screen reader says of the state. */
  readonly stateLabel: string;
  readonly title: string;
  readonly meaning: string;
  readonly advice?: string;
  readonly evidence?: string;
  /** A button that has this one tried. */
  readonly tryIt?: string;
}

export interface CapabilityGroup {
  readonly title: string;
  readonly rows: readonly CapabilityRow[];
}

export interface CapabilitiesView {
  /** `localhost:5000`, or `localhost:5000/team/app`. */
  readonly title: string;
  /** What kind of registry it is taken for, once it was asked. */
  readonly kind?: string;
  readonly isChecking: boolean;
  readonly groups: readonly CapabilityGroup[];
  readonly strings: {
    readonly check: string;
    readonly cancel: string;
    readonly copyAsText: string;
    readonly copied: string;
    readonly actions: string;
    /** Absent where the panel is about a repository. */
    readonly chooseRepository?: string;
    readonly checking: string;
  };
}

export interface CapabilitiesHostMessage {
  readonly type: 'capabilities';
  readonly view: CapabilitiesView;
  /** For the webview to keep. */
  readonly request: CapabilitiesRequest;
}

const CAPABILITIES_WEBVIEW_MESSAGES = [
  'ready',
  'check',
  'cancel',
  'copyAsText',
  'chooseRepository',
  'checkMount',
] as const;

const webviewMessage = v.strictObject({ type: v.picklist(CAPABILITIES_WEBVIEW_MESSAGES) });
export type CapabilitiesWebviewMessage = v.InferOutput<typeof webviewMessage>;

/** Undefined for anything that is not exactly one of the messages. */
export function tryParseCapabilitiesMessage(data: unknown): CapabilitiesWebviewMessage | undefined {
  const result = v.safeParse(webviewMessage, data);
  return result.success ? result.output : undefined;
}

const request = v.object({
  connectionId: v.pipe(v.string(), v.minLength(1), v.maxLength(2000)),
  repository: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(500))),
});

/** What a panel is about; the webview keeps it so that a reloaded window shows the same again. */
export type CapabilitiesRequest = v.InferOutput<typeof request>;

/** Undefined where a kept state is from another version or was tampered with. */
export function tryParseCapabilitiesRequest(data: unknown): CapabilitiesRequest | undefined {
  const result = v.safeParse(request, data);
  return result.success ? result.output : undefined;
}

/** The webview trusts its own host for the contents, and only ignores strangers (VS Code posts its own). */
export function isCapabilitiesHostMessage(data: unknown): data is CapabilitiesHostMessage {
  return typeof data === 'object' && data !== null && (data as { type?: unknown }).type === 'capabilities';
}
