// The module of strings that `npm run build` writes: the console's files by name.

declare module "*/dist/assets.js" {
  export const ASSETS: Readonly<
    Record<
      "console.js" | "console.css" | "index.html",
      { readonly text: string; readonly etag: string }
    >
  >;
}
