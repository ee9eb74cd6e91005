// The module of strings that `npm run build` writes: the scripts for pages of any origin by name.

declare module "*/dist/scripts.js" {
  export const SCRIPTS: Readonly<
    Record<"client.js" | "react.js", { readonly text: string; readonly etag: string }>
  >;
}
