/** The map of sizes, laid out again whenever its width changes. */
import { render } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { FolderView } from '../../src/core/image/space/ImageSpace.ts';
import type { PanelContext } from './PanelContext.ts';
import { sizeMap } from './treemap.ts';

const NAME = 'berth-size-map';

export class SizedMap extends HTMLElement {
  readonly #resizing = new ResizeObserver(() => this.#draw());
  #context: PanelContext | undefined;
  #folder: FolderView | undefined;

  static define(): void {
    customElements.define(NAME, SizedMap);
  }

  set context(context: PanelContext) {
    this.#context = context;
  }

  set folder(folder: FolderView) {
    const hadFocus = this.contains(document.activeElement);
    const isOther = this.#folder?.path !== folder.path;
    this.#folder = folder;
    this.#draw();
    // The tile that was chosen is gone: the keyboard stays within the map.
    if (hadFocus && isOther) this.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  connectedCallback(): void {
    this.#resizing.observe(this);
  }

  disconnectedCallback(): void {
    this.#resizing.disconnect();
  }

  #draw(): void {
    const width = Math.floor(this.clientWidth);
    if (!this.#context || !this.#folder || width === 0) return;
    // Which tile Tab stops at is kept in the tiles: another folder gets new ones.
    render(keyed(this.#folder.path, sizeMap(this.#context, this.#folder, width)), this);
  }
}
