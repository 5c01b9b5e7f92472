/** The head and each section of a clean-up fold. */
import * as vscode from 'vscode';

export class CleanUpFolding implements vscode.FoldingRangeProvider {
  provideFoldingRanges(document: vscode.TextDocument): vscode.FoldingRange[] {
    const ranges: vscode.FoldingRange[] = [];
    const close = (start: number, end: number, kind?: vscode.FoldingRangeKind) => {
      let last = end;
      while (last > start && document.lineAt(last).isEmptyOrWhitespace) last--;
      if (last > start) ranges.push(new vscode.FoldingRange(start, last, kind));
    };
    let section = -1;
    let head = -1;
    for (let line = 0; line < document.lineCount; line++) {
      const { text } = document.lineAt(line);
      if (text.startsWith('##')) {
        if (section >= 0) close(section, line - 1);
        section = line;
      } else if (section < 0 && text.startsWith('#')) {
        head = line;
      }
    }
    if (head > 0) close(0, head, vscode.FoldingRangeKind.Comment);
    if (section >= 0) close(section, document.lineCount - 1);
    return ranges;
  }
}
