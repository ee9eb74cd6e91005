// The module of strings that `npm run build` writes: the files for browsers by name.

declare module "*/dist/assets.js" {
  export const ASSETS: Readonly<
    Record<
      "client.js" | "react.js" | "console.js" | "console.css" | "index.html",
      { readonly text: string; readonly etag: string }
    >
  >;
}
