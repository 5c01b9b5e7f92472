/** A pattern that matches `text` and nothing else, for locators that otherwise match parts. */
export function exactly(text: string, end = '$'): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}${end}`);
}
