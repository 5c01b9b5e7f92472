/** The CoreError for a reply that is not what was asked for. Source: OCI distribution-spec, "Error Codes". */
import * as v from 'valibot';
import { CoreError, type ErrorDetails, type ErrorKind } from '../../common/CoreError.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import { clientCertificateReply } from './clientCertificateProblem.ts';

const ErrorBody = v.object({
  errors: v.array(v.object({ code: v.optional(v.string()), message: v.optional(v.nullable(v.string())) })),
});
/** What the makers' own APIs answer: GitHub, Quay `message`; Docker Hub `detail` or `message`. */
const PlainErrorBody = v.union([v.object({ message: v.string() }), v.object({ detail: v.string() })]);
/** RFC 6750, section 3.1, in a body as GitLab writes it. */
const OAuthErrorBody = v.object({ error: v.string(), error_description: v.optional(v.string(), '') });

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  405: 'unsupported',
  407: 'proxy',
  409: 'conflict',
  412: 'conflict',
  413: 'tooLarge',
  429: 'rateLimited',
  501: 'unsupported',
};

/** Code and message of the registry's first error, or an API's one message; nothing for HTML, other JSON and empty bodies. */
export function parseErrorBody(body: Uint8Array): Pick<ErrorDetails, 'code' | 'registryMessage'> {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return {};
  }
  const parsed = v.safeParse(ErrorBody, json);
  const first = parsed.success ? parsed.output.errors[0] : undefined;
  if (first === undefined) {
    const oauth = v.safeParse(OAuthErrorBody, json);
    if (oauth.success) return texts(oauth.output.error, oauth.output.error_description);
    const plain = v.safeParse(PlainErrorBody, json);
    if (!plain.success) return {};
    const text = toDisplayLine('message' in plain.output ? plain.output.message : plain.output.detail, 500);
    return text === '' ? {} : { registryMessage: text };
  }
  return texts(first.code ?? '', first.message ?? '');
}

function texts(code: string, message: string): Pick<ErrorDetails, 'code' | 'registryMessage'> {
  const [shownCode, registryMessage] = [toDisplayLine(code, 64), toDisplayLine(message, 500)];
  return { ...(shownCode && { code: shownCode }), ...(registryMessage && { registryMessage }) };
}

/** `details` holds host, operation and subject; `scrub` takes secrets out of what the registry said. */
export function createResponseError(
  status: number,
  body: Uint8Array,
  details: ErrorDetails,
  scrub: (text: string) => string,
): CoreError {
  const { code, registryMessage } = parseErrorBody(body);
  const certificateProblem = clientCertificateReply(status, body);
  if (certificateProblem !== undefined) {
    return new CoreError('tls', `${details.host ?? 'the registry'}: ${certificateProblem}`, {
      ...details,
      status,
      reason: certificateProblem,
    });
  }
  const kind = KIND_OF_STATUS[status] ?? (status >= 500 ? 'serverError' : 'protocol');
  return new CoreError(
    kind,
    `${details.operation ?? 'request'} on ${details.host ?? 'the registry'}: ${status}`,
    {
      ...details,
      status,
      ...(code === undefined ? {} : { code: scrub(code) }),
      ...(registryMessage === undefined ? {} : { registryMessage: scrub(registryMessage) }),
    },
  );
}
