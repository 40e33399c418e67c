import "./ui/fonts.css";
import "./ui/tokens.css";
import "./ui/base.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { I18nProvider } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { cache } from "./api/cache";
import { applyTheme } from "./ui/preferences";
import { router } from "./app/router";

applyTheme();

const place = document.getElementById("root");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <I18nProvider locale="en-US">
        <QueryClientProvider client={cache}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </I18nProvider>
    </StrictMode>,
  );
}
