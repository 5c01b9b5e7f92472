/** What a route of the fault server can do to a request: the good replies, and every way of breaking one. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { Behaviour } from './FaultServer.ts';

export function reply(
  status: number,
  body: string | Uint8Array = '',
  headers: OutgoingHttpHeaders = {},
): Behaviour {
  return ({ response, request }) => {
    const length = Buffer.byteLength(body);
    response.writeHead(status, { ...(length > 0 ? { 'content-length': length } : {}), ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

export function json(value: unknown, status = 200, headers: OutgoingHttpHeaders = {}): Behaviour {
  return reply(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

/** A blob that understands Range. */
export function blob(content: Uint8Array): Behaviour {
  return ({ request, response }) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (range === null) {
      response.writeHead(200, { 'content-length': content.length, 'accept-ranges': 'bytes' }).end(content);
      return;
    }
    const from = Number(range[1]);
    const to = range[2] === '' ? content.length - 1 : Math.min(Number(range[2]), content.length - 1);
    response.writeHead(206, {
      'content-length': to - from + 1,
      'content-range': `bytes ${from}-${to}/${content.length}`,
    });
    response.end(content.subarray(from, to + 1));
  };
}

export function redirect(location: string, status = 307): Behaviour {
  return reply(status, '', { location });
}

/** 401 with these `WWW-Authenticate` headers. */
export function challenge(...headers: string[]): Behaviour {
  return reply(401, '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}', {
    'content-type': 'application/json',
    ...(headers.length > 0 ? { 'www-authenticate': headers } : {}),
  });
}

/** `next` for requests whose Authorization is one of `accepted`, the challenge for all others. */
export function guarded(
  accepted: (authorization: string | undefined) => boolean,
  header: string,
  next: Behaviour,
): Behaviour {
  return (exchange) =>
    accepted(exchange.request.headers.authorization) ? next(exchange) : challenge(header)(exchange);
}

/** Closes the connection with a reset before a byte of the reply. */
export const reset: Behaviour = ({ socket }) => {
  socket.resetAndDestroy();
};

/** Never answers. */
export const stall: Behaviour = () => undefined;

/** Exactly these bytes on the wire, then the end of the connection. */
export function raw(...pieces: (string | Uint8Array)[]): Behaviour {
  return ({ socket }) => {
    for (const piece of pieces) socket.write(piece);
    socket.end();
  };
}

/** Promises `content` whole (or the asked range of it), sends `sentBytes` of it and cuts the connection. */
export function cut(content: Uint8Array, sentBytes: number, how: 'reset' | 'end' = 'reset'): Behaviour {
  return ({ request, socket }) => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = content.subarray(from);
    const head =
      from === 0
        ? `HTTP/1.1 200 OK\r\ncontent-length: ${rest.length}\r\n\r\n`
        : `HTTP/1.1 206 Partial Content\r\ncontent-length: ${rest.length}\r\ncontent-range: bytes ${from}-${content.length - 1}/${content.length}\r\n\r\n`;
    socket.write(head);
    socket.write(rest.subarray(0, sentBytes), () => {
      // A reset overtakes bytes still on their way; the end of the writable side does not.
      if (how === 'end') socket.end();
      else socket.end(() => socket.resetAndDestroy());
    });
  };
}

/** A body without Content-Length that is over when the connection is. */
export function closeDelimited(content: Uint8Array): Behaviour {
  return raw('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n', content);
}

/** Headers at once, then `piece` every `everyMs` for as long as the client stays. */
export function drip(contentLength: number, piece: Uint8Array, everyMs: number): Behaviour {
  return ({ response }) => {
    response.writeHead(200, { 'content-length': contentLength });
    response.flushHeaders();
    const timer = setInterval(() => response.write(piece), everyMs);
    response.once('close', () => {
      clearInterval(timer);
    });
  };
}
