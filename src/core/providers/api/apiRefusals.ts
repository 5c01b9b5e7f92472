/** What a server says that does not let us use its own API, does not know the question, or is not there at all. */
export const API_REFUSALS = [
  'unauthorized',
  'forbidden',
  'notFound',
  'notARegistry',
  'unsupported',
  'protocol',
  'invalidInput',
] as const;
