/** The small pieces every page is made of. Everything is inserted as text; lit escapes it. */
import { html, nothing, type TemplateResult } from 'lit';

export type Content = TemplateResult | string | typeof nothing;

const COPIED_SHOWN_MS = 1500;
/** A part of the page with a heading of its own; `count` stands beside it. */
export function section(
  id: string,
  title: string,
  content: Content,
  count?: number,
  aside?: Content,
): TemplateResult {
  return html`<section aria-labelledby="${id}-title" id=${id}>
    <div class="section-head">
      <h2 id="${id}-title">
        ${title}${count === undefined ? nothing : html` <vscode-badge variant="counter">${count}</vscode-badge>`}
      </h2>
      ${aside ?? nothing}
    </div>
    ${content}
  </section>`;
}

/** Terms with their values; a row without a value is left out. */
export function facts(
  rows: readonly (readonly [term: string, value: Content | undefined])[],
  className: string,
): Content {
  const known = rows.filter(([, value]) => value !== undefined && value !== '');
  return known.length === 0
    ? nothing
    : html`<dl class=${className}>
        ${known.map(
          ([term, value]) =>
            html`<div>
              <dt>${term}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>`;
}

/** Lets a long name break after its punctuation rather than in the middle of a word. */
export function breakable(text: string): Content {
  return html`${text.split(/(?<=[./+:@-])/).map((part) => html`${part}<wbr />`)}`;
}

/** Shows for a moment that a button's text was copied. */
export function markCopied(button: HTMLElement): void {
  button.classList.add('copied');
  setTimeout(() => button.classList.remove('copied'), COPIED_SHOWN_MS);
}
