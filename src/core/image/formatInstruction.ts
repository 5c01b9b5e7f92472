/** Build steps as a person wrote them. Builders record them in the words of their own shell calls. */

const SHELL = String.raw`(?:/bin/(?:ba|da|a)?sh(?: -[\w-]+| pipefail)* -\w*c|cmd /S /C|powershell -Command)`;
const NOT_RUN = new RegExp(`^${SHELL} #\\(nop\\)\\s*`);
const RUN = new RegExp(`^(?:RUN )?(?:\\|\\d+ [^]*? )?${SHELL} `);

/**
 * `/bin/sh -c #(nop)  CMD ["sh"]` is `CMD ["sh"]`; `RUN |1 A=b /bin/sh -c make # buildkit` is `RUN make`. The tabs
 * that continued lines leave behind become line breaks. What is not recognised stays as it is.
 */
export function formatInstruction(createdBy: string): string {
  const recorded = createdBy.replace(/\s+# buildkit\s*$/, '').trim();
  const instruction = NOT_RUN.test(recorded) ? recorded.replace(NOT_RUN, '') : recorded.replace(RUN, 'RUN ');
  return instruction.replace(/[ \r\n]*\t\s*/g, '\n  ');
}
