/** A fault server's behaviour that is no fault: hands the request to a real registry, so that requests can be counted. */
import { request as send } from 'undici';
import type { Behaviour } from './faultServer/FaultServer.ts';

const PER_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect', 'upgrade']);

/** @param upstream `http://127.0.0.1:port`. The Host header stays, so that Locations lead back here. */
export function forward(upstream: string): Behaviour {
  return async ({ request, response }) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !PER_CONNECTION.has(name)),
    );
    const reply = await send(`${upstream}${request.url}`, {
      method: request.method as 'GET',
      headers,
      body: request.body.length > 0 ? request.body : null,
    });
    const body = Buffer.from(await reply.body.arrayBuffer());
    for (const [name, value] of Object.entries(reply.headers)) {
      if (value !== undefined && !PER_CONNECTION.has(name)) response.setHeader(name, value);
    }
    response.writeHead(reply.statusCode).end(body);
  };
}
