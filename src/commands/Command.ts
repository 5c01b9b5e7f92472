/** A command of Berth: one class a file, registered by `registerCommands`, listed in index.ts. */
export interface Command {
  /** As in package.json: `berth.deleteTag`. */
  readonly id: string;
  /**
   * From a menu VS Code passes the node and, where several are selected, all of them; from the palette nothing, and
   * the command asks for what a right-click would have known. The result goes to whoever called the command by id.
   */
  execute(...args: never[]): unknown;
}
