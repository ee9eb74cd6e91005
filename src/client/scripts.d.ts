// The module of strings that `npm run build` writes: the scripts for pages of any origin and the
// files of the watch page, by name.

declare module "*/dist/scripts.js" {
  interface BuiltFile {
    readonly text: string;
    readonly etag: string;
  }
  export const SCRIPTS: Readonly<Record<"client.js" | "react.js" | "element.js", BuiltFile>>;
  export const WATCH: Readonly<Record<"watch.html" | "watch.js" | "watch.css", BuiltFile>>;
}
