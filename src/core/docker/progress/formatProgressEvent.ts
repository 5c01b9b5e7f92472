/** Events written out as BuildKit's plain output would, for reading what a client printed as JSON. */
import type { ProgressEvent } from './ProgressEvent.ts';

/** Whole lines, or '' for events that only matter to a progress bar. */
export function formatProgressEvent(event: ProgressEvent): string {
  switch (event.kind) {
    case 'step': {
      const seconds = ((event.durationMs ?? 0) / 1000).toFixed(1);
      if (event.state === 'done') return `#${event.id} DONE ${seconds}s\n`;
      if (event.state === 'error') return `#${event.id} ERROR: ${event.error ?? ''}\n`;
      const position = event.index === undefined ? '' : `${event.index}/${event.total ?? '?'}`;
      const place = [event.stage, position].filter(Boolean).join(' ');
      const heading = `#${event.id} ${place === '' ? '' : `[${place}] `}${event.name}\n`;
      return event.state === 'cached' ? `${heading}#${event.id} CACHED\n` : heading;
    }
    case 'log': {
      if (event.stepId === undefined) return event.text;
      return `${event.text.replace(/\n$/, '').replace(/^/gm, `#${event.stepId} `)}\n`;
    }
    case 'layer':
    case 'digest':
    case 'image':
      return '';
  }
}
