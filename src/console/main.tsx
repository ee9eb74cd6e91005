/** @jsxImportSource preact */
// Renders the console into its page.

import { render } from "preact";
import { root } from "./browser/page.ts";
import { App } from "./shell/app.tsx";

render(<App />, root());
