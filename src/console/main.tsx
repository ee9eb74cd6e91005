/** @jsxImportSource preact */
// Renders the console into its page.

import { render } from "preact";
import { App } from "./app.tsx";
import { root } from "./dom.ts";

render(<App />, root());
