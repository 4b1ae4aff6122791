import { render } from "preact";
import { App } from "./app.tsx";
import { createPanel, PanelContext } from "./shell/panel.ts";

const root = document.getElementById("panel");
if (root === null) throw new Error("no element #panel in the page");
render(
  <PanelContext.Provider value={createPanel(window)}>
    <App />
  </PanelContext.Provider>,
  root,
);
