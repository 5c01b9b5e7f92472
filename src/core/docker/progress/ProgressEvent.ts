/** What the progress parsers report, whichever client, builder and output style it came from. */
import type { Digest } from '../../oci/digest.ts';

export type StepState = 'running' | 'done' | 'cached' | 'error';

/** Push: preparing → waiting → pushing → pushed | exists | mounted. Pull: waiting → downloading → … → pulled | exists. */
export type LayerState =
  | 'preparing'
  | 'waiting'
  | 'pushing'
  | 'pushed'
  | 'mounted'
  | 'downloading'
  | 'verifying'
  | 'downloaded'
  | 'extracting'
  | 'pulled'
  | 'exists'
  | 'retrying';

export type ProgressEvent =
  | {
      readonly kind: 'step';
      /** Same for all events of one step. */
      readonly id: string;
      /** The instruction or the builder's own work: `COPY a b`, `[internal] load build context`. */
      readonly name: string;
      readonly state: StepState;
      /** Position within the Dockerfile (classic) or the stage (BuildKit), from 1. */
      readonly index?: number;
      readonly total?: number;
      /** BuildKit's stage name: `base`, `stage-2`, `linux/arm64 base`. */
      readonly stage?: string;
      readonly durationMs?: number;
      /** What the builder says of a failed step. */
      readonly error?: string;
    }
  | {
      readonly kind: 'layer';
      /** Short id as docker prints it. */
      readonly id: string;
      readonly state: LayerState;
      /** Bytes, rounded as docker rounds them. */
      readonly current?: number;
      readonly total?: number;
      /** Repository a layer was mounted from. */
      readonly from?: string;
    }
  /** The manifest that was pushed, pulled or exported. */
  | { readonly kind: 'digest'; readonly digest: Digest; readonly sizeInBytes?: number; readonly tag?: string }
  /** The image that was built: full id, or the short one the classic builder prints. */
  | { readonly kind: 'image'; readonly id: string }
  /** Output of step `stepId`, or of the client itself. Safe to show. */
  | { readonly kind: 'log'; readonly text: string; readonly stepId?: string };

/** Incremental: text may be cut anywhere; the events do not depend on where. */
export interface ProgressParser {
  push(text: string, stream?: 'stdout' | 'stderr'): ProgressEvent[];
  /** Parses an unfinished last line. */
  end(): ProgressEvent[];
}
