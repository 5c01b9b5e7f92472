/** The page a panel’s webview starts from. It holds no data: everything arrives by message. */

export interface PanelResources {
  readonly cspSource: string;
  /** Random per page, base64url. */
  readonly nonce: string;
  readonly language: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  readonly codiconUri: string;
}

export function panelHtml(resources: PanelResources): string {
  const { cspSource, nonce, scriptUri, styleUri, codiconUri } = resources;
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
  ].join('; ');
  // The id is where vscode-elements' icons look for the font's style sheet.
  return `<!DOCTYPE html>
<html lang="${escapeAttribute(resources.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeAttribute(policy)}">
<link rel="stylesheet" href="${escapeAttribute(codiconUri)}" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="${escapeAttribute(styleUri)}">
</head>
<body>
<main id="root"></main>
<script nonce="${nonce}" type="module" src="${escapeAttribute(scriptUri)}"></script>
</body>
</html>`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
