/** Picks what of a folder is drawn: its largest files and folders, and theirs, until there are enough. */
import type { FolderView, SizeNode, SizeRest } from './ImageSpace.ts';

/** More rectangles than this nobody can tell apart. */
const MAX_NODES = 240;
/** Folders in folders that are drawn. */
const MAX_DEPTH = 4;

interface Open {
  readonly node: SizeNode;
  readonly depth: number;
}

/** Undefined where the image has no such folder, or a small one that was not kept. */
export function folderView(root: SizeNode, path: string, maxNodes = MAX_NODES): FolderView | undefined {
  let node: SizeNode | undefined = root;
  for (const name of path.split('/')) {
    if (name !== '') node = node?.children?.find((child) => child.name === name);
  }
  if (!node?.children) return undefined;
  const shown = new Set<SizeNode>([node]);
  const queue: Open[] = node.children.map((child) => ({ node: child, depth: 1 }));
  while (shown.size < maxNodes) {
    const largest = takeLargest(queue);
    if (!largest) break;
    shown.add(largest.node);
    if (largest.depth === MAX_DEPTH) continue;
    // A child is never larger than its folder: only the largest ones can be next.
    for (const child of (largest.node.children ?? []).slice(0, maxNodes)) {
      queue.push({ node: child, depth: largest.depth + 1 });
    }
  }
  return { path, node: only(node, shown) };
}

function takeLargest(queue: Open[]): Open | undefined {
  let at = 0;
  for (const [index, { node }] of queue.entries()) {
    if (node.sizeInBytes > queue[at]!.node.sizeInBytes) at = index;
  }
  const [largest] = queue.splice(at, 1);
  return largest;
}

function only(node: SizeNode, shown: ReadonlySet<SizeNode>): SizeNode {
  if (!node.children) return node;
  const children = node.children.filter((child) => shown.has(child)).map((child) => only(child, shown));
  const left = node.children.filter((child) => !shown.has(child)).map(restOf);
  const rest = [node.rest, ...left]
    .filter((each) => each !== undefined)
    .reduce(add, { fileCount: 0, sizeInBytes: 0 });
  return { ...node, children, ...(rest.sizeInBytes > 0 && { rest }) };
}

/** Everything in a node that is not drawn by its name. */
function restOf(node: SizeNode): SizeRest {
  if (!node.children) return { fileCount: 1, sizeInBytes: node.sizeInBytes };
  return [node.rest, ...node.children.map(restOf)]
    .filter((each) => each !== undefined)
    .reduce(add, { fileCount: 0, sizeInBytes: 0 });
}

function add(a: SizeRest, b: SizeRest): SizeRest {
  return { fileCount: a.fileCount + b.fileCount, sizeInBytes: a.sizeInBytes + b.sizeInBytes };
}
