/**
 * The differing files: filter, kinds, sorting, and a list that holds only the rows that are looked at, however many there
 * are. The host has the rows; a window of them is asked for when it comes into view.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { FileDifferenceKind, FileQuery, FileSort } from '../../src/core/image/compare/FileQuery.ts';
import type {
  CompareFileRow,
  CompareFilesView,
  CompareHostMessage,
} from '../../src/panels/compare/comparePanelProtocol.ts';
import { fill } from '../shared/format.ts';
import type { CompareContext } from './CompareContext.ts';

const ROW_HEIGHT = 26;
/** Rows drawn above and below what is seen. */
const MARGIN = 20;
const MAX_VISIBLE = 14;
const FILTER_SETTLED_MS = 120;
const KINDS: readonly FileDifferenceKind[] = ['added', 'removed', 'changed', 'metadata'];
const ICONS: Readonly<Record<FileDifferenceKind, string>> = {
  added: 'diff-added',
  removed: 'diff-removed',
  changed: 'diff-modified',
  metadata: 'lock',
};
const COLUMNS: readonly FileSort[] = ['kind', 'path', 'before', 'after', 'change'];

export class FileTable {
  #query: FileQuery = { text: '', kinds: [], sort: 'path', isDescending: false };
  #number = 0;
  #total = 0;
  #from = 0;
  #rows: readonly CompareFileRow[] = [];
  #active = 0;
  #filterTimer: ReturnType<typeof setTimeout> | undefined;

  /** The host has other files now. */
  reset(context: CompareContext): void {
    this.#rows = [];
    this.#total = 0;
    this.#active = 0;
    this.#ask(context, 0);
  }

  receive(message: CompareHostMessage & { type: 'fileRows' }): void {
    if (message.number !== this.#number) return;
    this.#from = message.from;
    this.#rows = message.rows;
    this.#total = message.total;
    this.#active = Math.min(this.#active, Math.max(0, message.total - 1));
  }

  render(context: CompareContext, view: CompareFilesView): TemplateResult {
    const { strings } = context.state;
    return html`<div class="file-tools">
        <input
          class="filter"
          type="search"
          placeholder=${strings.filter}
          aria-label=${strings.filter}
          .value=${this.#query.text}
          @input=${(event: Event) => {
            const text = (event.target as HTMLInputElement).value;
            clearTimeout(this.#filterTimer);
            this.#filterTimer = setTimeout(() => this.#change(context, { text }), FILTER_SETTLED_MS);
          }}
        />
        <div class="kinds" role="group" aria-label=${strings.chooseKinds}>
          ${KINDS.filter((kind) => view.counts[kind] > 0).map((kind) => this.#kindButton(context, view, kind))}
        </div>
      </div>
      <div role="table" class="file-table" aria-labelledby="files-title" aria-rowcount=${this.#total + 1}>
        <div role="row" class="file-row file-head">
          ${COLUMNS.map((column) => this.#heading(context, column))}
        </div>
        ${
          this.#total === 0
            ? html`<p class="muted empty-list">${strings.noFileMatches}</p>`
            : html`<div
                role="rowgroup"
                class="file-list"
                tabindex="0"
                aria-label=${strings.files}
                .style=${`height: ${Math.min(this.#total, MAX_VISIBLE) * ROW_HEIGHT}px`}
                @scroll=${(event: Event) => this.#onScroll(context, event.currentTarget as HTMLElement)}
                @keydown=${(event: KeyboardEvent) => this.#onKey(context, event)}
              >
                <div class="file-space" .style=${`height: ${this.#total * ROW_HEIGHT}px`}>
                  ${this.#rows.map((row, index) => this.#row(context, row, this.#from + index))}
                </div>
              </div>`
        }
      </div>`;
  }

  #kindButton(context: CompareContext, view: CompareFilesView, kind: FileDifferenceKind): TemplateResult {
    const { kinds } = this.#query;
    const isPressed = kinds.includes(kind);
    return html`<button
      type="button"
      class="kind-button ${kind}"
      aria-pressed=${isPressed}
      @click=${() =>
        this.#change(context, {
          kinds: isPressed ? kinds.filter((each) => each !== kind) : [...kinds, kind],
        })}
    >
      <span class="codicon codicon-${ICONS[kind]}" aria-hidden="true"></span>${context.state.strings[kind]}
      <span class="count">${view.counts[kind]}</span>
    </button>`;
  }

  #heading(context: CompareContext, column: FileSort): TemplateResult {
    const { sort, isDescending } = this.#query;
    const isSorted = sort === column;
    const title = context.state.strings[column];
    return html`<span
      role="columnheader"
      class="col-${column}"
      aria-sort=${isSorted ? (isDescending ? 'descending' : 'ascending') : 'none'}
      ><button
        type="button"
        class="sort-button"
        @click=${() =>
          this.#change(context, {
            sort: column,
            isDescending: isSorted ? !isDescending : column !== 'path' && column !== 'kind',
          })}
      >
        ${title}${isSorted ? html`<span class="codicon codicon-arrow-${isDescending ? 'down' : 'up'}" aria-hidden="true"></span>` : nothing}
      </button></span
    >`;
  }

  #row(context: CompareContext, row: CompareFileRow, index: number): TemplateResult {
    const { strings } = context.state;
    const { id, kind, path, before, after, change, isCertain, canOpen } = row;
    const kindName = isCertain ? strings[kind] : `${strings[kind]} ?`;
    const slash = path.lastIndexOf('/') + 1;
    const name = html`<span class="folder">${path.slice(0, slash)}</span
      ><span class="file-name">${path.slice(slash)}</span>`;
    return html`<div
      role="row"
      class="file-row ${kind} ${index === this.#active ? 'active' : ''}"
      aria-rowindex=${index + 2}
      .style=${`top: ${index * ROW_HEIGHT}px`}
      @click=${() => (this.#active = index)}
    >
      <span role="cell" class="col-kind" title=${isCertain ? kindName : `${kindName} ${strings.notCertain}`}
        ><span class="codicon codicon-${ICONS[kind]}" aria-hidden="true"></span
        ><span class="kind-name">${kindName}</span></span
      >
      <span role="cell" class="col-path" title=${path}
        >${
          canOpen
            ? html`<button
                type="button"
                class="file-button"
                tabindex="-1"
                aria-label=${fill(strings.openFile, path)}
                @click=${() => context.post({ type: 'openFile', id })}
              >
                ${name}
              </button>`
            : name
        }</span
      >
      <span role="cell" class="col-before">${before ?? nothing}</span>
      <span role="cell" class="col-after">${after ?? nothing}</span>
      <span role="cell" class="col-change" title=${change}>${change}</span>
    </div>`;
  }

  #onKey(context: CompareContext, event: KeyboardEvent): void {
    const list = event.currentTarget as HTMLElement;
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: MAX_VISIBLE - 1,
      PageUp: 1 - MAX_VISIBLE,
      Home: -this.#total,
      End: this.#total,
    };
    const step = steps[event.key];
    if (event.key === 'Enter') {
      const row = this.#rows[this.#active - this.#from];
      if (row?.canOpen) context.post({ type: 'openFile', id: row.id });
      return;
    }
    if (step === undefined) return;
    event.preventDefault();
    this.#active = Math.max(0, Math.min(this.#total - 1, this.#active + step));
    const top = this.#active * ROW_HEIGHT;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW_HEIGHT > list.scrollTop + list.clientHeight)
      list.scrollTop = top + ROW_HEIGHT - list.clientHeight;
    const row = this.#rows[this.#active - this.#from];
    if (row) context.announce(`${row.path}, ${context.state.strings[row.kind]}`);
    context.redraw();
  }

  #onScroll(context: CompareContext, list: HTMLElement): void {
    const first = Math.floor(list.scrollTop / ROW_HEIGHT);
    const last = first + MAX_VISIBLE;
    const isDrawn = first >= this.#from && last <= this.#from + this.#rows.length;
    if (!isDrawn || (this.#from > 0 && first - this.#from < MARGIN / 2))
      this.#ask(context, Math.max(0, first - MARGIN));
  }

  #change(context: CompareContext, changed: Partial<FileQuery>): void {
    this.#query = { ...this.#query, ...changed };
    this.#active = 0;
    const list = document.querySelector('.file-list');
    if (list) list.scrollTop = 0;
    this.#ask(context, 0);
    context.redraw();
  }

  #ask(context: CompareContext, from: number): void {
    this.#number += 1;
    const count = MAX_VISIBLE + 2 * MARGIN;
    context.post({
      type: 'fileRows',
      number: this.#number,
      query: { ...this.#query, kinds: [...this.#query.kinds] },
      from,
      count,
    });
  }
}
