/** Puts what an item shows into it. Every text passes here: what came from outside is made safe to show at this one point. */
import * as vscode from 'vscode';
import { toDisplayLine, toDisplayText } from '../core/common/displayText.ts';

export interface ItemDetails {
  readonly description?: string;
  readonly icon: string;
  readonly iconColor?: string;
  readonly contextValue: string;
  readonly tooltip?: string;
  /** What a screen reader says instead of the label. */
  readonly spoken?: string;
  readonly command?: vscode.Command;
}

export function withDetails(item: vscode.TreeItem, details: ItemDetails): vscode.TreeItem {
  const label = toDisplayLine(typeof item.label === 'string' ? item.label : '');
  const description = details.description === undefined ? undefined : toDisplayLine(details.description);
  const spoken = toDisplayLine(details.spoken ?? label, 600);
  item.label = label;
  item.iconPath = new vscode.ThemeIcon(
    details.icon,
    details.iconColor === undefined ? undefined : new vscode.ThemeColor(details.iconColor),
  );
  item.contextValue = details.contextValue;
  if (description !== undefined) item.description = description;
  // A plain string is never Markdown; the label stands in where there is nothing to add.
  item.tooltip = toDisplayText(details.tooltip ?? label);
  if (details.command) item.command = details.command;
  item.accessibilityInformation = {
    label: [spoken, description && spoken.includes(description) ? undefined : description]
      .filter(Boolean)
      .join(', '),
  };
  return item;
}
