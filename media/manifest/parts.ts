/** The small pieces that know the panel's words and what a person chose: copy buttons, long lists and texts. */
import { html, nothing, type TemplateResult } from 'lit';
import type { NamedValue } from '../../src/core/image/ImageView.ts';
import { fill, shortDigest } from '../shared/format.ts';
import { breakable, markCopied, section, type Content } from '../shared/parts.ts';
import type { PanelContext } from './PanelContext.ts';

/** Lists up to this long are shown whole. */
const LONG_LIST = 12;
const LONG_TEXT = 400;

/** Copies `text`; `what` names it for the label. */
export function copyButton(context: PanelContext, what: string, text: string): TemplateResult {
  const label = fill(context.setting.strings.copy, what);
  return html`<button
    type="button"
    class="icon-button"
    title=${label}
    aria-label=${label}
    @click=${(event: Event) => {
      context.post({ type: 'copyText', text });
      showCopied(context, event.currentTarget as HTMLElement);
    }}
  >
    <span class="codicon codicon-copy" aria-hidden="true"></span>
  </button>`;
}

/** Shows for a moment that something was copied, and says so. */
export function showCopied(context: PanelContext, button: HTMLElement): void {
  context.announce(context.setting.strings.copied);
  markCopied(button);
}

/** Elided; the whole value is on the pointer and on the copy button. */
export function digest(context: PanelContext, value: string): TemplateResult {
  return html`<span class="digest"
    ><code title=${value}>${shortDigest(value)}</code
    >${copyButton(context, context.setting.strings.digest, value)}</span
  >`;
}

/** Name and value side by side, below each other where it is narrow. */
export function namedValues(
  context: PanelContext,
  key: string,
  title: string,
  values: readonly NamedValue[],
): Content {
  if (values.length === 0) {
    return nothing;
  }
  const { strings } = context.setting;
  const rows = shortened(context, key, values);
  return section(
    key,
    title,
    html`<div role="table" aria-labelledby="${key}-title" class="table named-values">
        <div role="row" class="visually-hidden">
          <span role="columnheader">${strings.name}</span><span role="columnheader">${strings.value}</span>
        </div>
        ${rows.map(
          ({ name, value }) =>
            html`<div role="row">
              <span role="rowheader"><code>${breakable(name)}</code></span>
              <span role="cell" class="with-copy"
                ><span>${longText(context, `${key}:${name}`, value)}</span
                >${copyButton(context, name, value)}</span
              >
            </div>`,
        )}
      </div>
      ${expander(context, key, values.length)}`,
    values.length,
  );
}

/** The first ones of a long list, until it is expanded. */
export function shortened<T>(context: PanelContext, key: string, items: readonly T[]): readonly T[] {
  return context.choices.expanded.includes(key) || items.length <= LONG_LIST
    ? items
    : items.slice(0, LONG_LIST);
}

/** The button that shows the rest of a list, or hides it again. */
export function expander(context: PanelContext, key: string, length: number): Content {
  const { strings } = context.setting;
  return length <= LONG_LIST
    ? nothing
    : toggle(context, key, fill(strings.showAll, String(length)), strings.showFewer);
}

function longText(context: PanelContext, key: string, text: string): Content {
  const { shown, more } = cut(context, key, text, LONG_TEXT, Infinity);
  return html`<code class="value">${shown}</code>${more}`;
}

/** The beginning of a long text with a button for the rest; the whole text where a person asked for it. */
export function cut(
  context: PanelContext,
  key: string,
  text: string,
  maxLength: number,
  maxLines: number,
): { readonly shown: string; readonly more: Content } {
  const { strings } = context.setting;
  const lines = text.split('\n');
  if (text.length <= maxLength && lines.length <= maxLines) {
    return { shown: text, more: nothing };
  }
  const isExpanded = context.choices.expanded.includes(key);
  const start = lines.slice(0, maxLines).join('\n').slice(0, maxLength).trimEnd();
  return {
    shown: isExpanded ? text : `${start}…`,
    more: html` ${toggle(context, key, fill(strings.showAll, ''), strings.showFewer)}`,
  };
}

function toggle(context: PanelContext, key: string, more: string, fewer: string): TemplateResult {
  const { expanded } = context.choices;
  const isExpanded = expanded.includes(key);
  return html`<button
    type="button"
    class="link-button"
    aria-expanded=${isExpanded}
    @click=${() =>
      context.change({
        expanded: isExpanded ? expanded.filter((other) => other !== key) : [...expanded, key],
      })}
  >
    ${isExpanded ? fewer : more.trim()}
  </button>`;
}
