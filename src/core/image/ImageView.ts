/**
 * All that is worth showing about one reference, as plain data that survives JSON: what a panel renders and a tool
 * can print. It imports nothing that needs Node, because a webview reads these types too.
 *
 * Digests are `algorithm:hex`, sizes are bytes as stored (compressed), times are ISO 8601. An absent field is unknown.
 */

/** The image, index or artifact that a reference points at, with one of its platforms opened. */
export interface ImageView {
  /** Tag or digest as it was asked for. */
  readonly reference: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly kind: 'image' | 'index' | 'helm' | 'artifact' | 'legacy';
  readonly artifactType?: string;
  /** A name people know for `artifactType`. */
  readonly artifactTypeName?: string;
  /** Size of the manifest document itself. */
  readonly manifestSizeInBytes: number;
  /** Children of an index that can be opened; empty for a single image. */
  readonly platforms: readonly PlatformView[];
  /** BuildKit attestation manifests of an index, apart from what can be run. */
  readonly attestations: readonly AttestationView[];
  /** The image itself, or the chosen child of an index. Absent for an index without any child to open. */
  readonly selected?: SelectedView;
  /** Of the document the reference points at; for a single image also in `selected`. */
  readonly annotations: readonly NamedValue[];
  /** The manifest this one is attached to (a signature's image). */
  readonly subject?: DescriptorView;
  /** Parts that could not be read; the rest is complete without them. */
  readonly problems: readonly ImageViewProblem[];
}

export interface DescriptorView {
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeInBytes: number;
}

/** A name and its value, in the order the document had them. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

export interface PlatformView extends DescriptorView {
  /** `linux/arm64/v8`, with the OS version of Windows images; the artifact or media type where no platform is given. */
  readonly label: string;
  /** An index inside the index: to be opened by itself. */
  readonly isIndex: boolean;
}

export interface AttestationView extends DescriptorView {
  /** Digest of the index entry it speaks about (`vnd.docker.reference.digest`). */
  readonly describes?: string;
}

/** One manifest with its layers and configuration. */
export interface SelectedView {
  readonly digest: string;
  readonly mediaType: string;
  readonly manifestSizeInBytes: number;
  /** `linux/amd64`, from the index or the configuration. */
  readonly platform?: string;
  /** Layers and configuration together. Absent where sizes are not recorded (schema 1). */
  readonly totalSizeInBytes?: number;
  readonly createdAt?: string;
  /** The configuration blob; absent for schema 1. */
  readonly config?: DescriptorView;
  /** Every build step with the layer it made, base first, and every layer once. */
  readonly steps: readonly StepView[];
  /** False where history and layers disagree in number: which step made which layer is then a guess. */
  readonly historyMatches: boolean;
  readonly runtime?: RuntimeView;
  readonly chart?: ChartView;
  readonly annotations: readonly NamedValue[];
}

export interface LayerView {
  readonly digest: string;
  readonly mediaType: string;
  /** Absent where not recorded (schema 1). */
  readonly sizeInBytes?: number;
  readonly annotations: readonly NamedValue[];
  /** Non-distributable: the registry need not hold it. */
  readonly foreign: boolean;
}

/** A step that made a layer, a step that changed only the configuration, or a layer no step accounts for. */
export interface StepView {
  /** As a Dockerfile would say it: `RUN make`. */
  readonly instruction?: string;
  /** As the builder recorded it: `RUN /bin/sh -c make # buildkit`. */
  readonly createdBy?: string;
  readonly comment?: string;
  readonly createdAt?: string;
  readonly layer?: LayerView;
}

/** How containers of the image start. */
export interface RuntimeView {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly stopSignal?: string;
  readonly healthcheck?: HealthcheckView;
  readonly author?: string;
  readonly environment: readonly NamedValue[];
  readonly labels: readonly NamedValue[];
}

export interface HealthcheckView {
  /** As in the config: `CMD-SHELL`, `CMD` or `NONE` first. */
  readonly test: readonly string[];
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly startPeriodMs?: number;
  readonly retries?: number;
}

/** A Helm chart's own facts (Chart.yaml as the config blob holds it). */
export interface ChartView {
  readonly name?: string;
  readonly version?: string;
  readonly appVersion?: string;
  readonly kubeVersion?: string;
  readonly type?: string;
  readonly description?: string;
}

export interface ImageViewProblem {
  readonly part: 'config';
  /** ErrorKind of the failure. */
  readonly kind: string;
}
