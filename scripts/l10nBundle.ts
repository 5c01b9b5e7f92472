/**
 * Collects the strings of src that people see, for translators. Read from the syntax tree, so that what a translator
 * could never see (a string put together at run time) is an error instead of a gap.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

export const BUNDLE = 'l10n/bundle.l10n.json';

/**
 * The text of {@link BUNDLE}: every first argument of `l10n.t` under src, sorted.
 * @throws Error naming the place where it is not a literal.
 */
export function createL10nBundle(root: string): string {
  const messages = new Set<string>();
  for (const file of globSync('src/**/*.ts', { cwd: root })) {
    const source = ts.createSourceFile(
      file,
      readFileSync(join(root, file), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    for (const message of messagesOf(source)) messages.add(message);
  }
  const sorted = [...messages].sort();
  return `${JSON.stringify(Object.fromEntries(sorted.map((message) => [message, message])), null, 2)}\n`;
}

function messagesOf(source: ts.SourceFile): string[] {
  const messages: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(vscode\.)?l10n\.t$/.test(node.expression.getText())) {
      const [message] = node.arguments;
      if (!message || !ts.isStringLiteralLike(message)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        throw new Error(`${source.fileName}:${line + 1}: l10n.t takes one literal and its arguments`);
      }
      messages.push(message.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return messages;
}
