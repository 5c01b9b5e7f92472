/** The build of sql.js that carries its WebAssembly inside; @types/sql.js names only the other one. */
declare module 'sql.js/dist/sql-wasm-inline.js' {
  import initialize from 'sql.js';
  export default initialize;
}
