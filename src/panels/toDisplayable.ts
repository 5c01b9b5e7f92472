/** Registry text on its way into a webview passes here, once, so that no renderer has to remember to clean it. */
import { toDisplayText } from '../core/common/displayText.ts';

/** The same with control, bidi and zero-width characters removed from every text. */
export function toDisplayable<Value>(value: Value): Value {
  return cleanTexts(value) as Value;
}

function cleanTexts(value: unknown): unknown {
  if (typeof value === 'string') {
    return toDisplayText(value);
  }
  if (Array.isArray(value)) {
    return value.map(cleanTexts);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleanTexts(item)]));
  }
  return value;
}
