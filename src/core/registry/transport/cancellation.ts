/** Waiting that obeys an AbortSignal at once and leaves no listener behind. */
import { CoreError } from '../../common/CoreError.ts';

export function cancelledError(signal?: AbortSignal): CoreError {
  return new CoreError('cancelled', 'cancelled', {}, signal?.reason);
}

/** @throws CoreError `cancelled` */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelledError(signal);
}

/** Calls `listener` once when `signal` aborts, also when it already has. The result removes the listener. */
export function onCancel(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  signal.addEventListener('abort', listener, { once: true });
  return () => {
    signal.removeEventListener('abort', listener);
  };
}

/** Resolves after `ms`; rejects with `cancelled` as soon as `signal` aborts. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return cancellable(signal, (resolve) => {
    const timer = setTimeout(resolve, ms);
    return () => {
      clearTimeout(timer);
    };
  });
}

/**
 * A promise settled by `start`, or rejected with `cancelled` when `signal` aborts first; then what `start`
 * returned is called to give up.
 */
export function cancellable<T>(
  signal: AbortSignal,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      reject(cancelledError(signal));
      return;
    }
    let giveUp = (): void => undefined;
    const forget = onCancel(signal, () => {
      giveUp();
      reject(cancelledError(signal));
    });
    giveUp = start(
      (value) => {
        forget();
        resolve(value);
      },
      (error) => {
        forget();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed through as it came
        reject(error);
      },
    );
  });
}

/** A signal that aborts with any of several; `unlink` forgets them, so that long-lived ones gather no listeners. */
export function linkSignals(...signals: AbortSignal[]): { signal: AbortSignal; unlink: () => void } {
  const controller = new AbortController();
  const forgets = signals.map((signal) => onCancel(signal, () => controller.abort(signal.reason)));
  return {
    signal: controller.signal,
    unlink: () => {
      for (const forget of forgets) forget();
    },
  };
}
