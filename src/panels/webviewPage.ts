/** The page of one of our webviews in a window: `dist/media/NAME.js` and `NAME.css`, and the icons. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { panelHtml } from './panelHtml.ts';

/** @param media the folder `dist/media`, among the webview's local resources. */
export function webviewPage(webview: vscode.Webview, media: vscode.Uri, name: string): string {
  const resource = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(media, file)).toString();
  return panelHtml({
    cspSource: webview.cspSource,
    nonce: randomBytes(16).toString('base64url'),
    language: vscode.env.language,
    scriptUri: resource(`${name}.js`),
    styleUri: resource(`${name}.css`),
    codiconUri: resource('codicon.css'),
  });
}
