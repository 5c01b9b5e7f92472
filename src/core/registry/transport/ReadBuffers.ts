/**
 * Buffers that sockets read into, used again once their bytes have gone out on another socket. Without that every
 * gigabyte of a copy is a gigabyte of garbage, and collecting it costs more than moving it.
 */
import type { OnReadOpts, Socket } from 'node:net';

/** Four times what sockets read by themselves: each read costs as much as hashing some ten thousand bytes. */
const READ_BYTES = 256 * 1024;
/** Smaller reads are copied: somebody may keep a reply of a hundred bytes for long. */
const MIN_LENT_BYTES = 64 * 1024;
/** Kept for the next reads; what else comes back is garbage. */
const MAX_FREE = 32;

interface Loan {
  readonly buffer: Buffer;
  /** Of what was read into it, the bytes that have not been written yet. */
  missing: number;
  isGivenAway: boolean;
}

const free: Buffer[] = [];
const loans = new WeakMap<ArrayBufferLike, Loan>();

/**
 * Options of `net.connect` for a socket that reads into such buffers and pushes what it read. A reader that does nothing
 * about it may keep what it gets for ever, as with any other socket.
 */
export function readIntoBuffers(push: (chunk: Buffer) => boolean): { readonly onread: OnReadOpts } {
  let current = take();
  return {
    onread: {
      buffer: () => current,
      callback: (length, read) => {
        const buffer = read as Buffer;
        if (length < MIN_LENT_BYTES) return push(Buffer.from(buffer.subarray(0, length)));
        loans.set(buffer.buffer, { buffer, missing: length, isGivenAway: false });
        current = take();
        return push(buffer.subarray(0, length));
      },
    },
  };
}

/** Promises that nobody keeps `chunk`, or anything else of the same read, and that each byte is written once at most. */
export function giveAway(chunk: Buffer): void {
  const loan = loans.get(chunk.buffer);
  if (loan) loan.isGivenAway = true;
}

/** Takes a buffer that was given away back when `socket` has written all that was read into it. What is never written is garbage. */
export function collectWritten(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (chunk: unknown, ...rest: unknown[]): boolean => {
    const loan = Buffer.isBuffer(chunk) && rest.length === 0 ? loans.get(chunk.buffer) : undefined;
    if (!loan?.isGivenAway) return write(chunk, ...rest);
    const { length } = chunk as Buffer;
    return write(chunk, (error?: Error | null) => {
      if (error) return;
      loan.missing -= length;
      if (loan.missing !== 0) return;
      loans.delete(loan.buffer.buffer);
      if (free.length < MAX_FREE) free.push(loan.buffer);
    });
  };
}

function take(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
}
