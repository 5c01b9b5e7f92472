/**
 * The differing files: filter, kinds, sorting, and a list that holds only the rows that are looked at, however many there
 * are. The host has the rows; a window of them is asked for when it comes into view.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type {
  FileDifferenceKind,
  FileQuery,
  FileSort,
  FileView,
} from '../../src/core/image/compare/FileQuery.ts';
import type {
  CompareFileRow,
  CompareFilesView,
  CompareHostMessage,
} from '../../src/panels/compare/comparePanelProtocol.ts';
import { fill } from '../shared/format.ts';
import type { CompareContext } from './CompareContext.ts';

const ROW_HEIGHT = 26;
/** By which a row of the tree is moved in, for each folder above it. */
const INDENT = 14;
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
  #query: FileQuery = { text: '', kinds: [], sort: 'path', isDescending: false, view: 'list' };
  #number = 0;
  #total = 0;
  #from = 0;
  #rows: readonly CompareFileRow[] = [];
  #active = 0;
  #filterTimer: ReturnType<typeof setTimeout> | undefined;

  /** The host has other files now. */
  reset(context: CompareContext): void {
    this.#query = { ...this.#query, view: context.state.fileView };
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
        ${this.#viewButtons(context)}
      </div>
      <div
        role=${this.#isTree ? 'treegrid' : 'table'}
        class="file-table"
        aria-labelledby="files-title"
        aria-rowcount=${this.#total + 1}
      >
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

  get #isTree(): boolean {
    return this.#query.view === 'tree';
  }

  #viewButtons(context: CompareContext): TemplateResult {
    const { strings } = context.state;
    const button = (icon: string, label: string, run: () => void) =>
      html`<button type="button" class="icon-button" title=${label} aria-label=${label} @click=${run}>
        <span class="codicon codicon-${icon}" aria-hidden="true"></span>
      </button>`;
    const choose = (view: FileView): void => {
      context.post({ type: 'chooseView', view });
      this.#change(context, { view });
    };
    const setFolders = (areOpen: boolean): void => {
      context.post({ type: 'setFolders', areOpen });
      this.#change(context, {});
    };
    // The one that is always there is the first: it keeps the focus when the others come and go.
    return html`<div class="view-buttons">
      ${button(
        this.#isTree ? 'list-flat' : 'list-tree',
        this.#isTree ? strings.viewAsList : strings.viewAsTree,
        () => choose(this.#isTree ? 'list' : 'tree'),
      )}
      ${
        this.#isTree
          ? html`${button('expand-all', strings.expandAll, () => setFolders(true))}
            ${button('collapse-all', strings.collapseAll, () => setFolders(false))}`
          : nothing
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
    const { before, after, change, depth, folder } = row;
    const kind = row.kind ?? 'folder';
    return html`<div
      role="row"
      class="file-row ${kind} ${index === this.#active ? 'active' : ''}"
      aria-rowindex=${index + 2}
      aria-level=${this.#isTree ? depth + 1 : nothing}
      aria-expanded=${folder ? folder.isOpen : nothing}
      .style=${`top: ${index * ROW_HEIGHT}px`}
      @click=${() => {
        this.#active = index;
        if (folder) this.#toggle(context, index);
        else context.redraw();
      }}
    >
      ${this.#kindCell(context, row)} ${this.#pathCell(context, row)}
      <span role="cell" class="col-before">${before ?? nothing}</span>
      <span role="cell" class="col-after">${after ?? nothing}</span>
      <span role="cell" class="col-change" title=${change}>${change}</span>
    </div>`;
  }

  #kindCell(context: CompareContext, { kind, isCertain }: CompareFileRow): TemplateResult {
    const { strings } = context.state;
    if (kind === undefined) return html`<span role="cell" class="col-kind"></span>`;
    const name = isCertain ? strings[kind] : `${strings[kind]} ?`;
    return html`<span role="cell" class="col-kind" title=${isCertain ? name : `${name} ${strings.notCertain}`}
      ><span class="codicon codicon-${ICONS[kind]}" aria-hidden="true"></span
      ><span class="kind-name">${name}</span></span
    >`;
  }

  #pathCell(context: CompareContext, row: CompareFileRow): TemplateResult {
    const { id, path, label, depth, folder, canOpen } = row;
    const slash = label.lastIndexOf('/') + 1;
    const name = html`<span class="folder">${label.slice(0, slash)}</span
      ><span class="file-name">${label.slice(slash)}</span>`;
    const twistie = folder
      ? html`<span
          class="codicon codicon-chevron-${folder.isOpen ? 'down' : 'right'}"
          aria-hidden="true"
        ></span>`
      : this.#isTree
        ? html`<span class="codicon codicon-blank" aria-hidden="true"></span>`
        : nothing;
    return html`<span
      role="cell"
      class="col-path"
      title=${path}
      .style=${depth > 0 ? `padding-inline-start: ${depth * INDENT}px` : ''}
      >${twistie}${
        canOpen && !folder && id !== undefined
          ? html`<button
              type="button"
              class="file-button"
              tabindex="-1"
              aria-label=${fill(context.state.strings.openFile, path)}
              @click=${() => context.post({ type: 'openFile', id })}
            >
              ${name}
            </button>`
          : name
      }${folder ? html`<span class="folder-count">${folder.count}</span>` : nothing}</span
    >`;
  }

  #onKey(context: CompareContext, event: KeyboardEvent): void {
    const row = this.#rows[this.#active - this.#from];
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: MAX_VISIBLE - 1,
      PageUp: 1 - MAX_VISIBLE,
      Home: -this.#total,
      End: this.#total,
    };
    const step = steps[event.key] ?? (row && this.#treeStep(event.key, row));
    if (row && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      if (row.folder) this.#toggle(context, this.#active);
      else if (row.canOpen && row.id !== undefined) context.post({ type: 'openFile', id: row.id });
    } else if (row && event.key === 'c' && (event.ctrlKey || event.metaKey)) {
      context.post({ type: 'copyText', text: row.path });
      context.announce(context.state.strings.copied);
    } else if (step === 'toggle') {
      event.preventDefault();
      this.#toggle(context, this.#active);
    } else if (step !== undefined) {
      event.preventDefault();
      this.#moveTo(context, event.currentTarget as HTMLElement, this.#active + step);
    }
  }

  /** As in every tree: right opens or goes in, left closes or goes out. */
  #treeStep(key: string, { folder, parent }: CompareFileRow): number | 'toggle' | undefined {
    if (key === 'ArrowRight' && folder) return folder.isOpen ? 1 : 'toggle';
    if (key !== 'ArrowLeft') return undefined;
    if (folder?.isOpen) return 'toggle';
    return parent === undefined ? undefined : parent - this.#active;
  }

  #moveTo(context: CompareContext, list: HTMLElement, index: number): void {
    this.#active = Math.max(0, Math.min(this.#total - 1, index));
    const top = this.#active * ROW_HEIGHT;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW_HEIGHT > list.scrollTop + list.clientHeight)
      list.scrollTop = top + ROW_HEIGHT - list.clientHeight;
    const row = this.#rows[this.#active - this.#from];
    if (row) context.announce(describe(context, row));
    context.redraw();
  }

  #toggle(context: CompareContext, index: number): void {
    const row = this.#rows[index - this.#from];
    if (!row?.folder) return;
    context.post({ type: 'toggleFolder', row: index, path: row.path });
    const { isOpen, count } = row.folder;
    context.announce(describe(context, { ...row, folder: { isOpen: !isOpen, count } }));
    this.#ask(context, this.#from);
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

/** What a screen reader hears of a row. */
function describe({ state: { strings } }: CompareContext, { path, kind, folder }: CompareFileRow): string {
  if (folder) return fill(folder.isOpen ? strings.folderOpen : strings.folderClosed, path, folder.count);
  return kind === undefined ? path : `${path}, ${strings[kind]}`;
}
