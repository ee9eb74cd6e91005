// The module that `npm run build` writes: the result of `tools/list` as JSON.

declare module "*/dist/tools.js" {
  export const TOOL_LIST: { readonly text: string };
}
